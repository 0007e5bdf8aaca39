package io.github.streamleak.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.recorder.Lives;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What may be believed of streams that are not there. A life written by hand is a Subscribe. */
final class StreamSelectionTest {

  private static final String SUBSCRIBE = "acme.Market/Subscribe";
  private static final RecordedStream ONE = Lives.of(EventKind.STARTED, EventKind.TERMINATED);

  private static StreamSelection selection(Map<String, Long> dropped) {
    return StreamSelection.all(List.of(ONE, ONE), dropped);
  }

  @Test
  void nothingIsInDoubtWhereAllIsKeptTest() {
    StreamSelection all = selection(Map.of());
    assertThat(all).hasSize(2);
    assertThat(all.ofMethod(SUBSCRIBE)).hasSize(2);
    assertThat(all.ofMethod("acme.Market/Quote").doubtOnEmptiness()).isEmpty();
    assertThat(all.ofMethod(SUBSCRIBE).doubtOnRest()).isEmpty();
    assertThat(all.describeRecorded()).isEmpty();
    assertThat(all.open().describeRecorded()).isEqualTo("acme.Market/Subscribe: 2 streams");
  }

  @Test
  void droppedStreamsOfTheMethodLeaveADoubtTest() {
    StreamSelection all = selection(Map.of("acme.Market/Quote", 3L));
    String doubt =
        "3 more streams were recorded and dropped, and nobody can tell of those;"
            + " GrpcStreamRecorder.builder().closedStreamLimit(3) keeps all";
    assertThat(all.doubtOnRest()).isEqualTo(doubt);
    assertThat(all.ofMethod("acme.Market/Quote").doubtOnEmptiness()).isEqualTo(doubt);
    assertThat(all.ofMethod("acme.Market/Quote").dropped()).isEqualTo(3);
    assertThat(all.ofMethod(SUBSCRIBE).doubtOnRest()).isEmpty();
    assertThat(all.open().doubtOnEmptiness()).isEmpty();
    assertThat(all.describeRecorded())
        .isEqualTo(
            "acme.Market/Subscribe: 2 streams\nacme.Market/Quote: 0 streams, 3 more dropped");
    assertThat(selection(Map.of(SUBSCRIBE, 1L)).doubtOnRest())
        .isEqualTo(
            "1 more stream was recorded and dropped, and nobody can tell of that one;"
                + " GrpcStreamRecorder.builder().closedStreamLimit(2) keeps all");
  }

  @Test
  void recorderThatHasDroppedAllItHasRecordedSomethingTest() {
    StreamSelection none = StreamSelection.all(List.of(), Map.of(SUBSCRIBE, 5L));
    assertThat(none.doubtOnEmptiness()).startsWith("5 more streams were recorded and dropped");
    assertThat(none.open().doubtOnEmptiness()).isEmpty();
    assertThat(StreamSelection.all(List.of()).doubtOnEmptiness())
        .startsWith("nothing at all was recorded");
    assertThat(StreamSelection.of(List.of()).doubtOnEmptiness()).isEmpty();
  }

  @Test
  void nearNamesAreFoundTest() {
    StreamSelection all = selection(Map.of("acme.Market/Quote", 3L));
    for (String near :
        List.of(
            "acme.Market/Subscribd",
            "acme.Market/Subcribe",
            "acme.Market/Subscirbe",
            "acme.Market/subscribe",
            "acme.MARKET/SUBSCRIBE",
            "Market/Subscribe",
            "other.pack.age.Market/Subscribe")) {
      assertThat(all.ofMethod(near).didYouMean()).as(near).hasValue(SUBSCRIBE);
      assertThat(all.ofMethod(near).doubtOnEmptiness())
          .isEqualTo("did you mean acme.Market/Subscribe? If not, pass the MethodDescriptor");
    }
    assertThat(all.ofMethod("acme.Market/Quotes").didYouMean()).hasValue("acme.Market/Quote");
    for (String far :
        List.of("acme.Market/Subscription", "acme.Bank/Subscribe", "acme.Market/Unsubscribe")) {
      assertThat(all.ofMethod(far).didYouMean()).as(far).isEmpty();
    }
    assertThat(all.ofMethod(SUBSCRIBE).didYouMean()).isEmpty();
  }

  @Test
  void onlySomeMethodsAreListedTest() {
    Map<String, Long> many = new java.util.HashMap<>();
    for (int i = 10; i < 30; i++) {
      many.put("acme.Market/Method" + i, 1L);
    }
    assertThat(selection(many).describeRecorded().lines())
        .hasSize(11)
        .endsWith("acme.Market/Method18: 0 streams, 1 more dropped", "... and 11 more methods");
  }
}

package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.Remedy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The names that the code of a remedy uses, as the source of this class has them. */
final class RemedyNamesTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final Wire wire = Wire.direct(new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketBlockingStub stub = MarketGrpc.newBlockingStub(channel);
  private Iterator<String> kept = List.<String>of().iterator();

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  private List<String> remedy() {
    return Remedy.of(recorder.streams().get(0)).lines();
  }

  private String code() {
    return remedy().get(0).replaceFirst("  // .*", "");
  }

  @Test
  void localVariableTest() {
    Iterator<String> prices = stub.watch("5");

    assertThat(prices.next()).isEqualTo("price 0");
    assertThat(code()).isEqualTo("prices.forEachRemaining(message -> {});");
  }

  @Test
  void statementOnSeveralLinesTest() {
    // Spread by hand, with what is no code: "= stub.watch(other)".
    final Iterator<String> prices =
        stub
            // spotless would join these lines
            .watch("a \" = (5");

    assertThat(prices.next()).isEqualTo("a \" = (5 at 100");
    assertThat(code()).isEqualTo("prices.forEachRemaining(message -> {});");
  }

  @Test
  void fieldTest() {
    this.kept = stub.watch("5");

    assertThat(kept.next()).isEqualTo("price 0");
    assertThat(code()).isEqualTo("this.kept.forEachRemaining(message -> {});");
  }

  private Iterator<String> opened(String symbol) {
    return stub.watch(symbol);
  }

  @Test
  void resultOfAHelperTest() {
    Iterator<String> prices = opened("5");

    assertThat(prices.next()).isEqualTo("price 0");
    assertThat(code()).isEqualTo("prices.forEachRemaining(message -> {});");
  }

  private String first(String symbol) {
    return stub.watch(symbol).next();
  }

  @Test
  void whatIsNotTheIteratorHasNotItsNameTest() {
    String price = first("5");

    assertThat(price).isEqualTo("price 0");
    assertThat(code()).isEqualTo("<your iterator>.forEachRemaining(message -> {});");
  }

  @Test
  void whatMakesTheIteratorHasNotItsNameTest() {
    Supplier<Iterator<String>> prices = () -> stub.watch("5");

    assertThat(prices.get().next()).isEqualTo("price 0");
    assertThat(code()).isEqualTo("<your iterator>.forEachRemaining(message -> {});");
  }

  @Test
  void deadlineIsPutIntoTheStatementTest() {
    Iterator<String> prices = stub.watch("silent");

    assertThat(prices).isNotNull();
    assertThat(remedy().get(0))
        .isEqualTo(
            "Context.CancellableContext context = Context.current().withCancellation();"
                + "  // before the call: stops");
    assertThat(MarketGrpc.newFutureStub(channel).quote("silent")).isNotDone();
    assertThat(Remedy.of(recorder.streams().get(1)).lines())
        .contains(
            "assertThat(MarketGrpc.newFutureStub(channel).withDeadlineAfter(1, TimeUnit.SECONDS)"
                + ".quote(\"silent\")).isNotDone();  // or in place of the call: ends the wait");
  }

  @Test
  void otherKindsTest() throws Exception {
    BlockingClientCall<?, String> v2 = MarketGrpc.newBlockingV2Stub(channel).watch("5");
    StreamObserver<String> upload = MarketGrpc.newStub(channel).upload(new Received());
    ListenableFuture<String> quote = MarketGrpc.newFutureStub(channel).quote("silent");
    ClientCall<String, String> call = channel.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());

    assertThat(v2.read()).isEqualTo("price 0");
    assertThat(quote).isNotDone();
    upload.onNext("sum");
    assertThat(recorder.openStreams())
        .extracting(stream -> Remedy.of(stream).lines().toString())
        .satisfiesExactly(
            text -> assertThat(text).contains("while (v2.read() != null) {}", "v2.cancel("),
            text -> assertThat(text).contains("upload.onCompleted();", "upload.onError("),
            text -> assertThat(text).contains("quote.cancel(true);"),
            text -> assertThat(text).contains("call.halfClose();", "call.cancel("));
  }
}

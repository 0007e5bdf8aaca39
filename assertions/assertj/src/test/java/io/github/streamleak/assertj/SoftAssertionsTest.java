package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.assertj.core.api.junit.jupiter.InjectSoftAssertions;
import org.assertj.core.api.junit.jupiter.SoftAssertionsExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.EventType;
import org.opentest4j.MultipleFailuresError;

/** AssertJ's own extension for JUnit hands out the soft assertions for streams. */
final class SoftAssertionsTest {

  private static EngineExecutionResults run(Class<?> fixture) {
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(fixture)).execute();
  }

  /** Returns the first line of each failure that was collected. */
  private static List<String> collected(EngineExecutionResults results) {
    List<String> lines = new ArrayList<>();
    for (Event event :
        results.testEvents().filter(e -> e.getType() == EventType.FINISHED).toList()) {
      Throwable thrown =
          event
              .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
              .getThrowable()
              .orElse(null);
      if (thrown == null) {
        continue;
      }
      assertThat(thrown).isInstanceOf(MultipleFailuresError.class);
      for (Throwable failure : ((MultipleFailuresError) thrown).getFailures()) {
        String text = String.valueOf(failure.getMessage()).strip();
        lines.add(text.lines().findFirst().orElse(""));
        assertThat(text)
            .containsPattern("\nat SoftAssertionsTest\\S+\\(SoftAssertionsTest\\S*:\\d+\\)$");
      }
    }
    return lines;
  }

  abstract static class WithMarket {
    final Market market = new Market();

    @AfterEach
    void shutDown() {
      market.close();
    }
  }

  @ExtendWith(SoftAssertionsExtension.class)
  static final class ParameterTestCases extends WithMarket {

    @Test
    void bothFail(StreamSoftAssertions softly) {
      market.watch("3", 9);
      softly.assertThat(market.recorder).hasStreamCount(2);
      softly.assertThat(market.recorder.streams().get(0)).as("the watch").isOpen();
      softly.assertThat("AssertJ's own").isNotEmpty();
    }

    @Test
    void holds(StreamSoftAssertions softly) {
      market.watch("3", 9);
      softly.assertThat(market.recorder).hasOnlyOneStream().isReleased();
    }
  }

  @Test
  void parameterIsInjectedAndItsFailuresThrownAfterTheTestTest() {
    EngineExecutionResults results = run(ParameterTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(2).succeeded(1).failed(1));
    assertThat(collected(results))
        .containsExactly(
            "Expected recorder to have recorded <2> streams but it has recorded <1>:",
            "[the watch] Expected stream [acme.Market/Watch] to be open but it was released by"
                + " <TERMINAL_STATUS>");
  }

  @ExtendWith(SoftAssertionsExtension.class)
  @TestInstance(Lifecycle.PER_METHOD)
  static final class FieldTestCases extends WithMarket {

    @InjectSoftAssertions StreamSoftAssertions softly;
    @InjectSoftAssertions SoftAssertions assertJs;

    @Test
    void bothFail() {
      market.watch("3", 9);
      softly.assertThat(market.recorder).openStreams().hasSize(1);
      assertJs.assertThat("a").isEqualTo("a");
      softly.assertThat(market.recorder).hasOnlyOneStream().attempt(1).isOpen();
    }
  }

  @Test
  void fieldIsInjectedBesideAssertJsOwnTest() {
    EngineExecutionResults results = run(FieldTestCases.class);

    results.testEvents().assertStatistics(s -> s.started(1).failed(1));
    assertThat(collected(results))
        .containsExactly(
            "Expected streams [recorder > open streams] to have size <1> but was <0>",
            "Expected attempt [recorder > stream 1 of 1: acme.Market/Watch > attempt 1 of 1] to be open"
                + " but it is closed");
  }
}

package acme.market;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.Price;
import io.github.streamleak.verdict.StreamLeakError;
import java.util.List;
import java.util.stream.Stream;
import org.junit.After;
import org.junit.Rule;
import org.junit.jupiter.api.Test;
import org.junit.runner.JUnitCore;
import org.junit.runner.Result;
import org.junit.runner.notification.Failure;

/** The rule for JUnit 4. */
class JUnit4Test {

  @Test
  void leakFailsTheTestThatOpenedItTest() {
    Result result = JUnitCore.runClasses(PriceTestCases.class);

    assertThat(result.getRunCount()).isEqualTo(4);
    List<Failure> failures = result.getFailures();
    assertThat(failures.stream().map(failure -> failure.getDescription().getMethodName()))
        .containsExactlyInAnyOrder("leaves", "leavesAndFails", "leavesAndFails");
    Throwable leak = of(failures, "leaves").get(0).getException();
    assertThat(leak).isInstanceOf(StreamLeakError.class);
    assertThat(Texts.stable(leak))
        .isEqualTo(Texts.leak("JUnit4Test$PriceTestCases.leaves(JUnit4Test.java:N)", "JUnit 4"));
  }

  @Test
  void failureOfTheTestComesBeforeTheLeakTest() {
    List<Failure> failures =
        of(JUnitCore.runClasses(PriceTestCases.class).getFailures(), "leavesAndFails");

    assertThat(failures.get(0).getMessage()).startsWith("[on purpose]");
    assertThat(failures.get(1).getException()).isInstanceOf(StreamLeakError.class);
  }

  private static List<Failure> of(List<Failure> failures, String test) {
    return failures.stream()
        .filter(failure -> failure.getDescription().getMethodName().equals(test))
        .toList();
  }

  /** Run by JUnit 4 alone. */
  public static class PriceTestCases {
    // snippet:rule-used
    @Rule public final GrpcStreamLeakRule streams = new GrpcStreamLeakRule();

    private final Market market = new Market("market of JUnit 4");
    private Stream<Price> prices = Stream.empty();

    @After
    public void close() {
      prices.close(); // before the check
      market.close();
    }

    @org.junit.Test
    public void readsAll() {
      assertThat(market.client().prices("ACME", 3)).hasSize(3);
    }

    // end:rule-used

    @org.junit.Test
    public void closesInAfter() {
      prices = market.client().openPrices("ACME");
    }

    @org.junit.Test
    public void leaves() {
      assertThat(market.firstCents()).isPositive();
    }

    @org.junit.Test
    public void leavesAndFails() {
      assertThat(market.firstCents()).as("on purpose").isNegative();
    }
  }
}

package acme.market;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.Price;
import io.github.streamleak.verdict.StreamLeakError;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.testng.ITestListener;
import org.testng.ITestResult;
import org.testng.TestNG;
import org.testng.annotations.AfterClass;
import org.testng.annotations.BeforeClass;
import org.testng.annotations.Listeners;

/** The listener for TestNG. */
class TestNgTest {

  @Test
  void leakFailsTheTestThatOpenedItTest() {
    Map<String, Throwable> failures = run();

    assertThat(failures).containsOnlyKeys("leaves", "leavesAndFails");
    Throwable leak = Objects.requireNonNull(failures.get("leaves"));
    assertThat(leak).isInstanceOf(StreamLeakError.class);
    assertThat(Texts.stable(leak))
        .isEqualTo(Texts.leak("TestNgTest$PriceTestCases.leaves(TestNgTest.java:N)", "TestNG"));
  }

  @Test
  void failureOfTheTestKeepsItsPlaceTest() {
    Throwable failure = Objects.requireNonNull(run().get("leavesAndFails"));

    assertThat(failure).hasMessageStartingWith("[on purpose]");
    assertThat(failure.getSuppressed()).singleElement().isInstanceOf(StreamLeakError.class);
  }

  private static Map<String, Throwable> run() {
    Map<String, Throwable> failures = new TreeMap<>();
    TestNG testNg = new TestNG(/* useDefaultListeners= */ false);
    testNg.setVerbose(0);
    testNg.setTestClasses(new Class<?>[] {PriceTestCases.class});
    testNg.addListener(
        new ITestListener() {
          @Override
          public void onTestFailure(ITestResult result) {
            failures.put(result.getName(), result.getThrowable());
          }
        });
    testNg.run();
    return failures;
  }

  /** Run by TestNG alone. */
  // snippet:listener-used
  @Listeners(GrpcStreamLeakListener.class)
  public static class PriceTestCases {
    private @Nullable Market market;

    @BeforeClass
    public void open() {
      market = new Market("market of TestNG");
    }

    private Market market() {
      return Objects.requireNonNull(market);
    }

    @org.testng.annotations.Test
    public void readsAll() {
      assertThat(market().client().prices("ACME", 3)).hasSize(3);
    }

    @org.testng.annotations.Test
    public void closesWhatItOpens() {
      try (Stream<Price> prices = market().client().openPrices("ACME")) {
        assertThat(prices.findFirst()).isPresent();
      }
    }

    // end:listener-used

    @org.testng.annotations.Test
    public void leaves() {
      assertThat(market().firstCents()).isPositive();
    }

    @org.testng.annotations.Test
    public void leavesAndFails() {
      assertThat(market().firstCents()).as("on purpose").isNegative();
    }

    @AfterClass
    public void close() {
      market().close();
    }
  }
}

package io.github.streamleak.junit;

import static io.github.streamleak.junit.Runs.assertAllPass;
import static io.github.streamleak.junit.Runs.onlyLeak;
import static io.github.streamleak.junit.Runs.run;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Stable;
import io.github.streamleak.verdict.StreamLeakError;
import io.grpc.ManagedChannel;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Where an IDE jumps to from a failure: the stack trace of the error begins at the user's line. */
class FailurePlaceTest {

  private static final String HERE = "io.github.streamleak.junit.FailurePlaceTest";

  private static List<String> trace(StreamLeakError error) {
    return Arrays.stream(error.getStackTrace())
        .map(frame -> Stable.text(frame.toString()))
        .toList();
  }

  @Test
  void traceBeginsAtTheLineThatOpenedTheStreamTest() {
    StreamLeakError leak = onlyLeak(run(InAHelperTestCases.class));

    assertThat(trace(leak).subList(0, 2))
        .containsExactly(
            "acme.market.MarketClient.iterate(MarketClient.java:LINE)",
            HERE + "$InAHelperTestCases.leaves(FailurePlaceTest.java:LINE)");
    assertThat(leak).hasNoSuppressedExceptions();
    assertThat(leak.getStackTrace()[0])
        .isEqualTo(leak.leaks().get(0).stream().openingLine().orElseThrow());
  }

  @Test
  void traceOfAPoolEndsAtTheTestMethodTest() {
    List<String> trace = trace(onlyLeak(run(OnAPoolTestCases.class)));

    assertThat(trace)
        .startsWith("acme.market.MarketClient.iterate(MarketClient.java:LINE)")
        .endsWith(HERE + "$OnAPoolTestCases.leaves(FailurePlaceTest.java)")
        .filteredOn(frame -> frame.contains("FailurePlaceTest"))
        .hasSize(1);
  }

  @Test
  void traceWithoutALineOfTheUsersIsTheTestMethodTest() {
    assertThat(trace(onlyLeak(run(WithoutALineTestCases.class))))
        .containsExactly(HERE + "$WithoutALineTestCases.leaves(FailurePlaceTest.java)");
  }

  @Test
  void streamsThatAreReadToTheEndTest() {
    assertAllPass(run(ReadOnAPoolTestCases.class), 1);
  }

  @GrpcStreamLeakCheck
  static class InAHelperTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(ManagedChannel channel) {
      new MarketClient(channel).iterate("3").next();
    }
  }

  @GrpcStreamLeakCheck
  static class OnAPoolTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(ManagedChannel channel) {
      onAPool("3", new MarketClient(channel)::iterate).next();
    }
  }

  @GrpcStreamLeakCheck
  static class WithoutALineTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      onAPool("3", stub::watch).next();
    }
  }

  @GrpcStreamLeakCheck
  static class ReadOnAPoolTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void reads(ManagedChannel channel) {
      onAPool("3", new MarketClient(channel)::iterate).forEachRemaining(price -> {});
    }
  }

  private static Iterator<String> onAPool(
      String request, Function<String, Iterator<String>> watch) {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try {
      return CompletableFuture.completedFuture(request).thenApplyAsync(watch, pool).join();
    } finally {
      pool.shutdown();
    }
  }
}

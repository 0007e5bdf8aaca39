package io.github.streamleak.benchmarks;

import com.asarkar.grpc.test.GrpcCleanupExtension;
import com.asarkar.grpc.test.Resources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.testing.GrpcCleanupRule;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.runner.Description;
import org.junit.runners.model.Statement;

/**
 * The smallest useful test, a hundred times over: a server, a channel, a unary call and a look at
 * its answer; the same for each way to wire it. gRPC's default executors throughout, as the
 * extension has them.
 */
final class Suites {

  static final int TESTS = 100;

  private Suites() {}

  /** What JUnit itself takes. */
  static final class EmptyTestCases {
    @RepeatedTest(TESTS)
    void nothing() {}
  }

  /** What GrpcCleanupRule's documentation shows, in Jupiter. */
  static final class RuleTestCases {
    @RepeatedTest(TESTS)
    void callsOnce() throws Throwable {
      GrpcCleanupRule cleanup = new GrpcCleanupRule();
      cleanup
          .apply(
              new Statement() {
                @Override
                public void evaluate() throws Throwable {
                  String name = InProcessServerBuilder.generateName();
                  cleanup.register(server(name));
                  Echo.unary(cleanup.register(channel(name)));
                }
              },
              Description.EMPTY)
          .evaluate();
    }
  }

  /** The Jupiter extension that others have written for it. */
  @ExtendWith(GrpcCleanupExtension.class)
  static final class ExtensionTestCases {
    @RepeatedTest(TESTS)
    void callsOnce(Resources resources) throws Exception {
      String name = InProcessServerBuilder.generateName();
      resources.register(server(name));
      ManagedChannel channel = channel(name);
      resources.register(channel);
      Echo.unary(channel);
    }
  }

  /** Ours. */
  @GrpcStreamLeakCheck
  static final class CheckedTestCases {
    @Serve final Echo echo = new Echo();

    @RepeatedTest(TESTS)
    void callsOnce(Channel channel) {
      Echo.unary(channel);
    }
  }

  /** Ours, with a stream that is left open. */
  @GrpcStreamLeakCheck
  static final class LeakingTestCases {
    @Serve final Echo echo = new Echo();

    @Test
    void leavesAStream(Channel channel) {
      Echo.leave(channel);
    }
  }

  /** The rule, with the same stream left open. */
  static final class LeakingRuleTestCases {
    @Test
    void leavesAStream() throws Throwable {
      GrpcCleanupRule cleanup = new GrpcCleanupRule();
      cleanup
          .apply(
              new Statement() {
                @Override
                public void evaluate() throws Throwable {
                  String name = InProcessServerBuilder.generateName();
                  cleanup.register(server(name));
                  Echo.leave(cleanup.register(channel(name)));
                }
              },
              Description.EMPTY)
          .evaluate();
    }
  }

  private static Server server(String name) throws Exception {
    return InProcessServerBuilder.forName(name).addService(new Echo()).build().start();
  }

  private static ManagedChannel channel(String name) {
    return InProcessChannelBuilder.forName(name).build();
  }
}

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
import java.util.function.Consumer;
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
      withRule(Echo::unary);
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

  /** Leaves a stream whose messages are not read, checked by us. */
  @GrpcStreamLeakCheck
  static final class WalkedAwayTestCases {
    @Serve final Echo echo = new Echo();

    @Test
    void leavesAStream(Channel channel) {
      Echo.leave(channel);
    }
  }

  /** The same under the rule. */
  static final class WalkedAwayRuleTestCases {
    @Test
    void leavesAStream() throws Throwable {
      withRule(Echo::leave);
    }
  }

  /** Leaves a stream that the server never ends, checked by us. */
  @GrpcStreamLeakCheck
  static final class UnansweredTestCases {
    @Serve final Echo echo = new Echo();

    @Test
    void leavesAStream(Channel channel) {
      Echo.open(channel);
    }
  }

  /** The same under the rule. */
  static final class UnansweredRuleTestCases {
    @Test
    void leavesAStream() throws Throwable {
      withRule(Echo::open);
    }
  }

  private static void withRule(Consumer<Channel> test) throws Throwable {
    GrpcCleanupRule cleanup = new GrpcCleanupRule();
    cleanup
        .apply(
            new Statement() {
              @Override
              public void evaluate() throws Throwable {
                String name = InProcessServerBuilder.generateName();
                cleanup.register(server(name));
                test.accept(cleanup.register(channel(name)));
              }
            },
            Description.EMPTY)
        .evaluate();
  }

  private static Server server(String name) throws Exception {
    return InProcessServerBuilder.forName(name).addService(new Echo()).build().start();
  }

  private static ManagedChannel channel(String name) {
    return InProcessChannelBuilder.forName(name).build();
  }
}

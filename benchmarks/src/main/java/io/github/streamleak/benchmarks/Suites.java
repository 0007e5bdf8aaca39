package io.github.streamleak.benchmarks;

import com.asarkar.grpc.test.GrpcCleanupExtension;
import com.asarkar.grpc.test.Resources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.testing.GrpcCleanupRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.junit.runner.Description;
import org.junit.runners.model.Statement;

/**
 * The smallest useful test, many times over: a server, a channel, a unary call and a look at its
 * answer; the same for each way to wire it. gRPC's default executors throughout, as the extension
 * has them.
 */
final class Suites {

  /** How many tests a suite has where one test is not looked at by itself. */
  static final int TESTS = 100;

  /** The configuration parameter that says how many tests a suite has. */
  static final String TESTS_PARAMETER = "benchmarks.tests";

  private Suites() {}

  /** A test that is run as often as the run is told. */
  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @TestTemplate
  @ExtendWith(Times.class)
  @interface ManyTimes {}

  static final class Times implements TestTemplateInvocationContextProvider {
    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
      return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
        ExtensionContext context) {
      int times = Integer.parseInt(context.getConfigurationParameter(TESTS_PARAMETER).orElse("1"));
      return IntStream.range(0, times).mapToObj(i -> new TestTemplateInvocationContext() {});
    }
  }

  /** What JUnit itself takes. */
  static final class EmptyTestCases {
    @ManyTimes
    void nothing() {}
  }

  /** What GrpcCleanupRule's documentation shows, in Jupiter. */
  static final class RuleTestCases {
    @ManyTimes
    void callsOnce() throws Throwable {
      withRule(Echo::unary);
    }
  }

  /** The Jupiter extension that others have written for it. */
  @ExtendWith(GrpcCleanupExtension.class)
  static final class ExtensionTestCases {
    @ManyTimes
    void callsOnce(Resources resources) {
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

    @ManyTimes
    void callsOnce(Channel channel) {
      Echo.unary(channel);
    }
  }

  /** The least that serves a test by JUnit's own means; nothing is recorded. */
  @ExtendWith(WiringExtension.class)
  static final class WiredTestCases {
    @ManyTimes
    void callsOnce(Channel channel) {
      Echo.unary(channel);
    }
  }

  /** The same, recorded and checked. */
  @ExtendWith(RecordingExtension.class)
  static final class RecordedTestCases {
    @ManyTimes
    void callsOnce(Channel channel) {
      Echo.unary(channel);
    }
  }

  /** Makes a server and a channel for the parameter of a test, and waits for their end. */
  static class WiringExtension implements ParameterResolver, AfterEachCallback {

    private static final Namespace NAMESPACE = Namespace.create(WiringExtension.class);

    private record Wired(Server server, ManagedChannel channel, @Nullable GrpcStreamRecorder by) {}

    @Nullable GrpcStreamRecorder newRecorder() {
      return null;
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Channel.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      String name = InProcessServerBuilder.generateName();
      GrpcStreamRecorder recorder = newRecorder();
      InProcessChannelBuilder builder = InProcessChannelBuilder.forName(name);
      Wired wired =
          new Wired(
              server(name),
              (recorder == null ? builder : recorder.attachTo(builder)).build(),
              recorder);
      context.getStore(NAMESPACE).put(Wired.class, wired);
      return wired.channel;
    }

    @Override
    public void afterEach(ExtensionContext context) throws InterruptedException {
      Store store = context.getStore(NAMESPACE);
      Wired wired = Objects.requireNonNull(store.get(Wired.class, Wired.class));
      if (wired.by != null) {
        wired.by.check(StreamLeakPolicy.normal()).throwIfLeaked();
      }
      wired.channel.shutdown();
      wired.server.shutdown();
      boolean terminated =
          wired.channel.awaitTermination(10, TimeUnit.SECONDS)
              && wired.server.awaitTermination(10, TimeUnit.SECONDS);
      if (!terminated) {
        throw new IllegalStateException("not terminated");
      }
      if (wired.by != null) {
        wired.by.close();
      }
    }
  }

  /** What {@link WiringExtension} does, with a recorder for each test. */
  static final class RecordingExtension extends WiringExtension {
    @Override
    GrpcStreamRecorder newRecorder() {
      return GrpcStreamRecorder.create();
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

  private static Server server(String name) {
    try {
      return InProcessServerBuilder.forName(name).addService(new Echo()).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ManagedChannel channel(String name) {
    return InProcessChannelBuilder.forName(name).build();
  }
}

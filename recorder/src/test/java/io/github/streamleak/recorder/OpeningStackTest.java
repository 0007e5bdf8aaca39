package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.OpeningStack;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StubKind;
import io.github.streamleak.testsupport.Stable;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakError;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.examples.market.ExampleClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which line a stream is said to be opened at. */
final class OpeningStackTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final Wire wire = Wire.direct(new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  private static int here() {
    return StackWalker.getInstance().walk(f -> f.skip(1).findFirst().orElseThrow().getLineNumber());
  }

  private RecordedStream stream() {
    return recorder.streams().get(0);
  }

  private static String frame(Optional<StackTraceElement> frame) {
    return frame
        .map(
            f ->
                f.getClassName()
                    + "."
                    + f.getMethodName()
                    + "("
                    + f.getFileName()
                    + ":"
                    + f.getLineNumber()
                    + ")")
        .orElse("none");
  }

  @Test
  void lineBelowAGeneratedStubIsTheUsersTest() {
    MarketGrpc.newBlockingStub(channel).watch("3");
    int line = here() - 1;

    assertThat(frame(stream().openingLine()))
        .isEqualTo(
            "io.github.streamleak.recorder.OpeningStackTest.lineBelowAGeneratedStubIsTheUsersTest"
                + "(OpeningStackTest.java:"
                + line
                + ")");
    assertThat(stream().opening().caller()).isEmpty();
    assertThat(stream().stubKind()).isEqualTo(StubKind.BLOCKING_ITERATOR);
  }

  @Test
  void lineInALambdaIsTheUsersTest() {
    Supplier<ListenableFuture<String>> opens = () -> client.future("1");
    ListenableFuture<String> unused = opens.get();

    assertThat(frame(stream().openingLine())).startsWith("acme.market.MarketClient.future(");
    assertThat(frame(stream().opening().caller()))
        .startsWith("io.github.streamleak.recorder.OpeningStackTest.lineInALambdaIsTheUsersTest(");
  }

  @Test
  void lineInAJavaStreamIsTheUsersTest() {
    assertThat(
            Stream.of("1")
                .map(r -> channel.newCall(MarketGrpc.QUOTE, CallOptions.DEFAULT))
                .map(call -> io.grpc.stub.ClientCalls.futureUnaryCall(call, "1"))
                .toList())
        .hasSize(1);

    assertThat(Stable.text(frame(stream().openingLine())))
        .isEqualTo(
            "io.github.streamleak.recorder.OpeningStackTest"
                + ".lambda$lineInAJavaStreamIsTheUsersTest$N(OpeningStackTest.java:LINE)");
  }

  @Test
  void lineOnAnExecutorsThreadIsTheUsersTest() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor(r -> new Thread(r, "feeder"));
    try {
      executor.submit(() -> client.iterate("3")).get();
    } finally {
      executor.shutdownNow();
    }

    assertThat(frame(stream().openingLine())).startsWith("acme.market.MarketClient.iterate(");
    assertThat(stream().thread()).isEqualTo("feeder");
    assertThat(Stable.text(frame(stream().opening().caller())))
        .isEqualTo(
            "io.github.streamleak.recorder.OpeningStackTest"
                + ".lambda$lineOnAnExecutorsThreadIsTheUsersTest$N(OpeningStackTest.java:LINE)");
  }

  @Test
  void codeMadeFromTheExamplesOfGrpcIsTheUsersTest() {
    ExampleClient.watch(channel);

    assertThat(frame(stream().openingLine()))
        .startsWith("io.grpc.examples.market.ExampleClient.watch(ExampleClient.java:");
  }

  @Test
  void stackBeginsBelowTheRecorderAndHoldsItsOwnFramesTest() {
    client.iterate("3");

    assertThat(stream().openingStack().get(0).getClassName()).isEqualTo("io.grpc.stub.ClientCalls");
  }

  @Test
  void withoutStacksTheThreadIsNamedTest() {
    try (GrpcStreamRecorder bare =
        GrpcStreamRecorder.builder()
            .captureStacks(false)
            .clock(() -> 0)
            .quietTime(Duration.ofMillis(10))
            .build()) {
      new MarketClient(wire.channel(bare::attachTo)).iterate("3").next();
      RecordedStream stream = bare.streams().get(0);
      StreamLeakError error = bare.check(StreamLeakPolicy.normal()).error().orElseThrow();

      assertThat(stream.openingLine()).isEmpty();
      assertThat(stream.openingStack()).isEmpty();
      assertThat(stream.stubKind()).isEqualTo(StubKind.UNKNOWN);
      assertThat(error.getSuppressed()).isEmpty();
      assertThat(error.getStackTrace()[0].getMethodName())
          .as("where the verdict was asked for")
          .isEqualTo("withoutStacksTheThreadIsNamedTest");
      assertThat(error)
          .hasMessageContaining("\n1. acme.Market/Watch (SERVER_STREAMING, unknown stub)\n")
          .hasMessageContaining(
              "\n   opened at : thread \""
                  + Thread.currentThread().getName()
                  + "\" (no stack captured)\n   attempt   : ");
      bare.releaseLeaked();
    }
  }

  @Test
  void stackWithoutAUserFrameNamesTheInnermostOneTest() {
    Throwable opening = new Throwable();
    opening.setStackTrace(
        new StackTraceElement[] {
          new StackTraceElement(RecordingCall.class.getName(), "start", "RecordingCall.java", 27),
          new StackTraceElement("io.grpc.stub.ClientCalls", "startCall", "ClientCalls.java", 1),
          new StackTraceElement("org.junit.X", "run", "X.java", 2),
          new StackTraceElement("com.acme.Main", "main", null, -1),
        });

    // What is called by the test framework is the user's; what calls it is not.
    assertThat(readable(opening).link().orElse("none"))
        .isEqualTo("com.acme.Main.main(Unknown Source)");
  }

  @Test
  void eachStubIsToldByItsEntryTest() throws Exception {
    client.blockingQuote("1");
    client.watchV2("3");
    ListenableFuture<String> unused = client.future("1");
    client.quoteAsync("1");
    client.raw(MarketGrpc.QUOTE, 1);
    client.subscribeV2();

    assertThat(recorder.streams())
        .extracting(RecordedStream::stubKind)
        .containsExactly(
            StubKind.BLOCKING,
            StubKind.BLOCKING_V2,
            StubKind.FUTURE,
            StubKind.ASYNC,
            StubKind.RAW_CALL,
            StubKind.BLOCKING_V2);
  }

  private static OpeningStack readable(Throwable taken) {
    try (GrpcStreamRecorder recorder = GrpcStreamRecorder.create()) {
      return recorder.recording().readable(taken, Coverage.WHOLE);
    }
  }

  /** The frames of a call, innermost first. */
  private static OpeningStack stack(String... methods) {
    Throwable opening = new Throwable();
    opening.setStackTrace(
        Arrays.stream(methods)
            .map(
                method -> {
                  int dot = method.lastIndexOf('.');
                  return new StackTraceElement(
                      method.substring(0, dot), method.substring(dot + 1), "Source.java", 1);
                })
            .toArray(StackTraceElement[]::new));
    return readable(opening);
  }

  @Test
  void interceptorBetweenStubAndCallIsNotTheOpeningLineTest() {
    OpeningStack stack =
        stack(
            "io.github.streamleak.recorder.RecordingCall.start",
            "com.acme.AuthInterceptor$1.start",
            "io.grpc.stub.ClientCalls.startCall",
            "io.grpc.stub.ClientCalls.blockingServerStreamingCall",
            "com.acme.PricesGrpc$PricesBlockingStub.watch",
            "com.acme.PriceClient.first",
            "org.junit.platform.Launcher.execute");

    assertThat(stack.link()).hasValue("com.acme.PriceClient.first(Source.java:1)");
    assertThat(stack.stubKind()).isEqualTo(StubKind.BLOCKING_ITERATOR);
  }

  @Test
  void callOfAnotherStubFurtherOutDoesNotNameTheKindTest() {
    OpeningStack stack =
        stack(
            "io.github.streamleak.recorder.RecordingCall.start",
            "io.grpc.stub.ClientCalls.asyncBidiStreamingCall",
            "com.acme.FeedGrpc$FeedStub.subscribe",
            "com.acme.PriceService.watch",
            "io.grpc.internal.ServerImpl.startCall",
            "io.grpc.stub.ClientCalls.blockingServerStreamingCall",
            "com.acme.PricesGrpc$PricesBlockingStub.watch",
            "com.acme.PriceClient.first");

    assertThat(stack.link()).hasValue("com.acme.PriceService.watch(Source.java:1)");
    assertThat(stack.stubKind()).isEqualTo(StubKind.ASYNC);
  }

  @Test
  void objectOfAnInlineFunctionInKotlinIsNotTheOpeningLineTest() {
    String[] inside = {
      "io.github.streamleak.recorder.RecordingCall.start",
      "io.grpc.kotlin.ClientCalls$rpcImpl$1$1.invokeSuspend",
      "com.acme.PriceClient$texts$$inlined$map$1.collect",
    };
    String[] outside = {
      "kotlinx.coroutines.flow.FlowKt__CollectionKt.toList", "com.acme.PriceClient.texts",
    };
    OpeningStack stack =
        stack(Stream.of(inside, outside).flatMap(Arrays::stream).toArray(String[]::new));
    OpeningStack alone = stack(inside);

    assertThat(stack.link()).hasValue("com.acme.PriceClient.texts(Source.java:1)");
    assertThat(stack.caller()).isEmpty();
    assertThat(stack.stubKind()).isEqualTo(StubKind.KOTLIN);
    // Better than a line of gRPC's.
    assertThat(alone.link())
        .hasValue("com.acme.PriceClient$texts$$inlined$map$1.collect(Source.java:1)");
  }

  @Test
  void framesOfSpringAreNotTheUsersTest() {
    OpeningStack proxied =
        stack(
            "io.github.streamleak.recorder.RecordingCall.start",
            "io.grpc.stub.ClientCalls.asyncServerStreamingCall",
            "com.acme.PriceClient.first",
            "org.springframework.aop.framework.CglibAopProxy.proceed",
            "com.acme.PriceTest.first",
            "org.springframework.test.context.junit.jupiter.SpringExtension.interceptTestMethod",
            "org.junit.jupiter.engine.execution.InvocationInterceptorChain.proceed");
    OpeningStack scheduled =
        stack(
            "io.github.streamleak.recorder.RecordingCall.start",
            "io.grpc.stub.ClientCalls.asyncServerStreamingCall",
            "com.acme.PriceJob.run",
            "org.springframework.scheduling.support.ScheduledMethodRunnable.run",
            "java.util.concurrent.FutureTask.runAndReset");

    assertThat(frame(proxied.line())).isEqualTo("com.acme.PriceClient.first(Source.java:1)");
    assertThat(frame(proxied.caller())).isEqualTo("com.acme.PriceTest.first(Source.java:1)");
    assertThat(frame(scheduled.line())).isEqualTo("com.acme.PriceJob.run(Source.java:1)");
    assertThat(scheduled.caller()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "com.salesforce.reactorgrpc.stub.ClientCalls, REACTOR",
    "com.salesforce.rx3grpc.stub.ClientCalls, RX",
    "com.salesforce.rxgrpc.stub.ClientCalls, RX",
    "io.grpc.kotlin.ClientCalls, KOTLIN",
    "com.acme.reactorgrpc.stub.ClientCalls, ASYNC",
  })
  void libraryAroundTheAsyncStubNamesTheKindTest(String library, StubKind kind) {
    OpeningStack stack =
        stack(
            "io.github.streamleak.recorder.RecordingCall.start",
            "io.grpc.stub.ClientCalls.asyncServerStreamingCall",
            library + ".oneToMany",
            "com.acme.PriceClient.first");

    assertThat(stack.stubKind()).isEqualTo(kind);
  }
}

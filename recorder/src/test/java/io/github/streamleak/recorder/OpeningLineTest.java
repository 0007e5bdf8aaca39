package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.interceptors.Interceptors;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StubKind;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.OwnPackageClient;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which line a stream is said to be opened at, by calls that go through code of the user's. */
final class OpeningLineTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private Wire wire = Wire.direct(new MarketServer());
  private final ManagedChannel channel = wire.channel(recorder::attachTo);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  private static int here() {
    return StackWalker.getInstance().walk(f -> f.skip(1).findFirst().orElseThrow().getLineNumber());
  }

  /** A method of the user's that starts calls: the opening line of all that go through it. */
  private static void start(ClientCall<String, String> call) {
    call.start(new ClientCall.Listener<>() {}, new Metadata());
  }

  private List<Integer> lines() {
    return recorder.streams().stream()
        .map(stream -> stream.openingLine().orElseThrow())
        .peek(line -> assertThat(line.getClassName()).startsWith(OpeningLineTest.class.getName()))
        .map(StackTraceElement::getLineNumber)
        .toList();
  }

  @ParameterizedTest
  @EnumSource
  void rawCallsThroughAnInterceptorOfTheUsersHaveHisLinesTest(Interceptors interceptor) {
    Channel intercepted = ClientInterceptors.intercept(channel, interceptor);
    ClientCall<String, String> first = intercepted.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    ClientCall<String, String> second = intercepted.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    first.start(new ClientCall.Listener<>() {}, new Metadata());
    second.start(new ClientCall.Listener<>() {}, new Metadata());
    int line = here() - 1;

    assertThat(lines()).containsExactly(line - 1, line);
    assertThat(recorder.streams())
        .extracting(RecordedStream::stubKind)
        .containsOnly(StubKind.RAW_CALL);
  }

  @Test
  void rawCallsThroughAllInterceptorsHaveTheLineOfTheUsersTest() {
    Channel intercepted = ClientInterceptors.intercept(channel, Interceptors.values());
    ClientCall<String, String> call = intercepted.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    int line = here() - 1;

    assertThat(lines()).containsExactly(line);
    assertThat(recorder.streams().get(0).callingLine()).isEmpty();
  }

  @Test
  void stubsThroughAllInterceptorsHaveTheLineOfTheUsersTest() {
    Channel intercepted = ClientInterceptors.intercept(channel, Interceptors.values());
    MarketGrpc.newBlockingStub(intercepted).watch("3");
    int line = here() - 1;

    assertThat(lines()).containsExactly(line);
    assertThat(recorder.streams().get(0).stubKind()).isEqualTo(StubKind.BLOCKING_ITERATOR);
  }

  @Test
  void callThatAnInterceptorMakesItselfHasTheInterceptorsLineTest() {
    List<Integer> token = new ArrayList<>();
    ClientInterceptor authenticates =
        new ClientInterceptor() {
          @Override
          public <Q, R> ClientCall<Q, R> interceptCall(
              MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
              @Override
              public void start(Listener<R> listener, Metadata headers) {
                MarketGrpc.newBlockingStub(channel).watch("3");
                token.add(here() - 1);
                super.start(listener, headers);
              }
            };
          }
        };
    MarketGrpc.newBlockingStub(ClientInterceptors.intercept(channel, authenticates)).watch("3");
    int line = here() - 1;

    assertThat(lines()).containsExactly(token.get(0), line);
  }

  /** Forwards each call, as an anonymous class of this test. */
  private static ClientInterceptor forwarding() {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<R> listener, Metadata headers) {
            super.start(listener, headers);
          }
        };
      }
    };
  }

  /** The handler runs inside of the start of the second call, on the client's thread. */
  @Test
  void rawCallThatAHandlerMakesInsideOfAnotherCallHasTheHandlersLineTest() {
    wire.close();
    AtomicInteger calls = new AtomicInteger();
    AtomicInteger line = new AtomicInteger();
    Channel[] own = new Channel[1];
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("acme.Market")
            .addMethod(
                MarketGrpc.WATCH,
                (call, headers) -> {
                  if (calls.incrementAndGet() == 2) {
                    start(own[0].newCall(MarketGrpc.WATCH, CallOptions.DEFAULT));
                    line.set(here() - 1);
                  }
                  return new ServerCall.Listener<>() {};
                })
            .build();
    wire = Wire.to(Transport.IN_PROCESS_DIRECT, server -> server.addService(service));
    Channel watched = wire.channel(recorder::attachTo);
    own[0] = ClientInterceptors.intercept(watched, forwarding());

    start(own[0].newCall(MarketGrpc.WATCH, CallOptions.DEFAULT));
    start(own[0].newCall(MarketGrpc.WATCH, CallOptions.DEFAULT));

    assertThat(calls).hasValue(3);
    RecordedStream nested = recorder.streams().get(2);
    assertThat(nested.openingStack())
        .extracting(StackTraceElement::getMethodName)
        .contains("rawCallThatAHandlerMakesInsideOfAnotherCallHasTheHandlersLineTest");
    assertThat(nested.opening().framesFromLine().get(1).getLineNumber()).isEqualTo(line.get());
  }

  @Test
  void callThatIsNeverStartedHasTheLineThatMadeItTest() {
    GrpcStreamRecorder unstarted = GrpcStreamRecorder.builder().captureUnstarted(true).build();
    Channel intercepted =
        ClientInterceptors.intercept(wire.channel(unstarted::attachTo), Interceptors.values());
    ClientCall<String, String> unused = intercepted.newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    int line = here() - 1;

    List<RuleBreach> breaches =
        unstarted.check(StreamLeakPolicy.normal()).breaches().stream()
            .filter(breach -> breach.rule() == StreamRule.NOT_STARTED)
            .toList();

    unstarted.close();
    assertThat(unused).isNotNull();
    assertThat(breaches).hasSize(1);
    assertThat(breaches.get(0).openingLine().map(StackTraceElement::getLineNumber))
        .isEqualTo(Optional.of(line));
  }

  @Test
  void codeOfTheUsersInAPackageOfGrpcHasItsLineTest() {
    Iterator<String> unused = OwnPackageClient.watch(channel);
    int line = here() - 1;
    RecordedStream stream = recorder.streams().get(0);

    assertThat(unused).isNotNull();
    assertThat(stream.openingLink().orElse("none"))
        .startsWith("io.grpc.netty.OwnPackageClient.watch(OwnPackageClient.java:");
    assertThat(stream.callingLine().map(StackTraceElement::getLineNumber)).hasValue(line);
  }
}

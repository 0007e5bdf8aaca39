package io.github.streamleak.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.conformance.GridResolver.Naming;
import io.github.streamleak.conformance.Transport.Backend;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The harm of a leak, by gRPC's own counter: least_request counts in Done which server is busy, so
 * a server on which a stream leaks gets no calls until the stream is released.
 */
final class LeastRequestTest {

  private static final int CALLS = 60;

  /** A third of the calls, give or take, goes to each of three idle servers. */
  private static final int FEW = 5;

  private static final Map<String, ?> CONFIG =
      Map.of(
          "loadBalancingConfig",
          List.of(Map.of("least_request_experimental", Map.of("choiceCount", 10.0))));

  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  void leakKeepsItsServerBusyUntilItIsReleasedTest(Transport transport) throws Exception {
    String name = "least-request-" + transport;
    // Loads the counting policies, which must stand before the recorder's.
    PickCounts.forget(name);
    GrpcStreamRecorder recorder = GrpcStreamRecorder.builder().grace(Cell.RELEASE_GRACE).build();
    String target =
        GridResolver.target(
            name,
            new Naming.Addresses(transport.backends().stream().map(Backend::address).toList()));
    ManagedChannel channel =
        recorder
            .attachTo(
                transport
                    .channel(target)
                    .intercept(new AttemptCounts(name))
                    .defaultServiceConfig(CONFIG))
            .build();
    ScriptedServer.Calls calls = ScriptedServer.register(name);
    try {
      Set<String> seen = new HashSet<>();
      while (seen.size() < Transport.BACKENDS) {
        seen.addAll(callsPerServer(recorder, channel).keySet());
      }
      Client leaky = Client.of(Kind.ITERATOR, channel, GridMethods.SERVER, CallOptions.DEFAULT);
      leaky.open();
      ScriptedServer.Handler server = calls.next();
      server.send(3);
      leaky.take(1);
      server.close(Status.OK);
      assertThat(recorder.check(StreamLeakPolicy.normal(), Cell.LEAK_GRACE).leaks()).hasSize(1);
      String busy = addressOf(last(recorder));

      assertThat(callsPerServer(recorder, channel).getOrDefault(busy, 0)).isLessThan(FEW);
      assertThat(recorder.releaseLeaked()).isTrue();
      assertThat(recorder.awaitReleased(Duration.ZERO)).isTrue();
      assertThat(callsPerServer(recorder, channel).getOrDefault(busy, 0)).isGreaterThan(FEW);
    } finally {
      channel.shutdownNow();
      ScriptedServer.forget(name);
      GridResolver.forget(name);
    }
  }

  private static Map<String, Integer> callsPerServer(
      GrpcStreamRecorder recorder, ManagedChannel channel) {
    Map<String, Integer> calls = new HashMap<>();
    for (int i = 0; i < CALLS; i++) {
      ClientCalls.blockingUnaryCall(
          channel, GridMethods.WARM_UP, CallOptions.DEFAULT.withWaitForReady(), "");
      RecordedStream call = last(recorder);
      Await.until(
          () -> last(recorder).attempts().stream().allMatch(attempt -> attempt.isClosed()),
          () -> "not closed: " + call);
      calls.merge(addressOf(call), 1, Integer::sum);
    }
    return calls;
  }

  private static RecordedStream last(GrpcStreamRecorder recorder) {
    List<RecordedStream> streams = recorder.streams();
    return streams.get(streams.size() - 1);
  }

  private static String addressOf(RecordedStream stream) {
    return String.valueOf(stream.attempts().get(0).remoteAddress());
  }
}

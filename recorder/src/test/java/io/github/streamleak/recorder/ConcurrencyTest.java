package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Right and leaky streams in a crowd: exactly the leaky ones are found. */
final class ConcurrencyTest {

  private static final int THREADS = 8;
  private static final int ROUNDS = 25;

  @ParameterizedTest
  @EnumSource
  void exactlyTheLeakyStreamsOfACrowdAreFoundTest(Transport transport) throws Exception {
    ExecutorService crowd = Executors.newFixedThreadPool(THREADS);
    try (GrpcStreamRecorder recorder =
            GrpcStreamRecorder.builder().grace(Duration.ofSeconds(30)).build();
        Wire wire = Wire.to(transport, new MarketServer())) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      List<Future<?>> rounds = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        rounds.add(crowd.submit(rounds(client)));
      }
      for (Future<?> round : rounds) {
        round.get();
      }
      StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());

      assertThat(verdict.streamCount()).isEqualTo(THREADS * ROUNDS * 7);
      assertThat(verdict.leaks()).hasSize(THREADS * ROUNDS);
      assertThat(verdict.leaks())
          .allSatisfy(
              leak -> {
                assertThat(leak.cause()).isEqualTo(LeakCause.NOT_DRAINED);
                assertThat(leak.stream().openingStack())
                    .anyMatch(frame -> frame.getMethodName().equals("leak"));
              });
      assertThat(verdict.recorderFault()).isEmpty();
      assertThat(recorder.releaseLeaked()).isTrue();
      assertThat(recorder.check(StreamLeakPolicy.normal()).describe())
          .isEqualTo(THREADS * ROUNDS * 7 + " gRPC client streams recorded, none leaked");
    } finally {
      crowd.shutdownNow();
    }
  }

  private static Callable<Void> rounds(MarketClient client) {
    return () -> {
      for (int i = 0; i < ROUNDS; i++) {
        client.blockingQuote("1");
        client.iterate("3").forEachRemaining(price -> {});
        leak(client);
        BlockingClientCall<String, String> v2 = client.subscribeV2();
        v2.write("3");
        v2.read();
        v2.cancel("read enough", new IllegalStateException("read enough"));
        client.future("0+").cancel(true);
        try (CancellableContext context = Context.current().withCancellation()) {
          context.call(() -> client.iterate("9")).next();
        }
        Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 1).send("0+");
        // The cancel races with everything the start has set going.
        raw.call.cancel("changed its mind", null);
      }
      return null;
    };
  }

  private static void leak(MarketClient client) {
    client.iterate("3").next();
  }
}

package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams that only the shutdown of their server ended: a client sees no more than a status. */
final class ServerShutdownTest {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
  private final MarketServer market = new MarketServer();

  @AfterEach
  void close() {
    recorder.close();
  }

  private Wire attached(Transport transport) {
    return Wire.to(transport, server -> recorder.attachTo(server).addService(market));
  }

  /** Leaves a stream open, which the server has answered. */
  private static Received subscribe(MarketClient client) {
    Received prices = new Received();
    StreamObserver<String> requests = client.subscribeAsync(prices);
    requests.onNext("1+");
    MarketClient.await(prices.first);
    return prices;
  }

  private Set<StreamRule> broken() {
    return recorder
        .check(StreamLeakPolicy.normal().strictness(Strictness.STRICT))
        .breaches()
        .stream()
        .map(RuleBreach::rule)
        .filter(rule -> rule != StreamRule.NO_DEADLINE)
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void streamThatOnlyShutdownNowOfTheServerEndedIsFoundTest(Transport transport) {
    try (Wire wire = attached(transport)) {
      Received prices = subscribe(new MarketClient(wire.channel(recorder::attachTo)));
      wire.server().shutdownNow();
      MarketClient.await(prices.closed);

      assertThat(broken()).containsExactly(StreamRule.ENDED_BY_SHUTDOWN);
      assertThat(StreamRule.ENDED_BY_SHUTDOWN.severity(Strictness.LENIENT))
          .isEqualTo(StreamRule.ENDED_BY_SHUTDOWN.severity(Strictness.NORMAL));
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void streamThatWasCancelledBeforeTheShutdownPassesTest(Transport transport) {
    try (Wire wire = attached(transport)) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      Received prices = new Received();
      StreamObserver<String> requests = client.subscribeAsync(prices);
      requests.onNext("1+");
      MarketClient.await(prices.first);
      ((ClientCallStreamObserver<String>) requests).cancel("enough", null);
      MarketClient.await(prices.closed);
      wire.server().shutdownNow();

      assertThat(broken()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void streamThatTheHandlerFailedPassesTest(Transport transport) {
    try (Wire wire = attached(transport)) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      Received prices = client.watchAsync("1!CANCELLED");
      MarketClient.await(prices.closed);
      wire.server().shutdownNow();

      assertThat(broken()).isEmpty();
    }
  }

  @Test
  void cancelledOfAServerThatIsNotKnownIsNoFindingTest() {
    try (Wire wire = Wire.to(Transport.NETTY, market)) {
      Received prices = subscribe(new MarketClient(wire.channel(recorder::attachTo)));
      wire.server().shutdownNow();
      MarketClient.await(prices.closed);

      assertThat(broken()).isEmpty();
    }
  }

  @Test
  void serverThatIsStartedAgainAtTheSameAddressIsNotShutDownTest() throws Exception {
    try (Wire wire = attached(Transport.NETTY)) {
      subscribe(new MarketClient(wire.channel(recorder::attachTo)));
      wire.server().shutdownNow().awaitTermination();
      Server again =
          recorder
              .attachTo(NettyServerBuilder.forAddress(wire.address()))
              .addService(market)
              .build()
              .start();
      try {
        Received prices =
            new MarketClient(wire.channel(recorder::attachTo)).watchAsync("1!CANCELLED");
        MarketClient.await(prices.closed);

        assertThat(recorder.streams())
            .extracting(RecordedStream::isEndedByShutdown)
            .isEqualTo(List.of(true, false));
      } finally {
        again.shutdownNow().awaitTermination();
      }
    }
  }

  @Test
  void serverThatNobodyKnowsAtTheAddressOfOneThatWasShutDownIsNotShutDownTest() throws Exception {
    try (Wire wire = attached(Transport.NETTY)) {
      Received prices = subscribe(new MarketClient(wire.channel(recorder::attachTo)));
      wire.server().shutdownNow().awaitTermination();
      MarketClient.await(prices.closed);
      Server again =
          NettyServerBuilder.forAddress(wire.address()).addService(market).build().start();
      try {
        MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
        MarketClient.await(client.watchAsync("1!CANCELLED").closed);
        MarketClient.await(client.watchAsync("1!UNAVAILABLE").closed);

        assertThat(recorder.streams())
            .extracting(RecordedStream::isEndedByShutdown)
            .isEqualTo(List.of(true, false, false));
      } finally {
        again.shutdownNow().awaitTermination();
      }
    }
  }

  @Test
  void deadlineOfAServerInProcessThatHasTheNameOfOneThatWasShutDownIsNoFindingTest() {
    try (Wire wire = attached(Transport.IN_PROCESS_DIRECT)) {
      Received prices = subscribe(new MarketClient(wire.channel(recorder::attachTo)));
      wire.server().shutdownNow();
      MarketClient.await(prices.closed);
    }
    try (Wire wire = Wire.to(Transport.IN_PROCESS_DIRECT, market)) {
      MarketClient client = new MarketClient(wire.channel(recorder::attachTo));
      // Whose timer is first is chance: the client's or the server's, which cancels.
      for (int i = 0; i < 10; i++) {
        CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.MILLISECONDS);
        MarketClient.Raw quote = client.raw(MarketGrpc.QUOTE, soon, 2).send("silent").halfClose();
        quote.awaitClosed();
      }

      assertThat(recorder.streams())
          .extracting(RecordedStream::isEndedByShutdown)
          .containsExactly(
              true, false, false, false, false, false, false, false, false, false, false);
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void shutdownThatATestTriesIsNoFindingTest(Transport transport) {
    try (Wire wire = attached(transport)) {
      recorder.testRuns(true);
      Received prices = subscribe(new MarketClient(wire.channel(recorder::attachTo)));
      wire.server().shutdownNow();
      MarketClient.await(prices.closed);
      recorder.testRuns(false);

      assertThat(broken()).isEmpty();
    }
  }
}

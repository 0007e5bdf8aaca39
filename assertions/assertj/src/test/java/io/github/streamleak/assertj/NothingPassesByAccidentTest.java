package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.headersOnTransport;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;

import acme.market.MarketClient;
import acme.market.MarketServer;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Assertions that claim an absence, a number or an order, against streams on which such a claim
 * would hold by accident: seen from the transport only, with a fault of the recorder, old, or with
 * a log that has dropped its middle. What claims that something is there is not in this table;
 * nothing that is missing makes it pass.
 */
final class NothingPassesByAccidentTest {

  private static final EventMatcher UNSEEN = cancelled().where("at all", event -> true);

  /** An assertion on an open stream, which has received a message and was not cancelled. */
  private record Claim(String name, Consumer<StreamAssert> assertion) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Claim claim(String name, Consumer<StreamAssert> assertion) {
    return new Claim(name, assertion);
  }

  /** These hold while nothing more happens, and cannot be told from what was not seen. */
  private static Stream<Claim> claims() {
    return Stream.of(
        claim("isOpen", s -> s.isOpen()),
        claim("isOpenBecause", s -> s.isOpenBecause(LeakCause.NOT_DRAINED)),
        claim("hasNoTerminalStatus", s -> s.hasNoTerminalStatus()),
        claim("wasNotCancelled", s -> s.wasNotCancelled()),
        claim("hasNone by", s -> s.hasNone(cancelled().by(Canceller.CALL))),
        claim("hasNone", s -> s.hasNone(terminalStatus())),
        claim("hasTimes 0", s -> s.hasTimes(0, terminalStatus())),
        claim("hasAtMost", s -> s.hasAtMost(9, UNSEEN)),
        claim("hasAtLeast 0", s -> s.hasAtLeast(0, inboundMessage())),
        claim("meets", s -> s.meets(Lifecycle.never(terminalStatus()))),
        claim("hasNoneAfter", s -> s.hasNoneAfter(cancelled(), started())),
        claim(
            "hasLifecycleStartingWith",
            s -> s.applicationLane().hasLifecycleStartingWith(started())),
        claim("applicationLane", s -> s.applicationLane().hasNone(cancelled())),
        claim("attempt", s -> s.attempt(1).hasAtMost(9, headersOnTransport())),
        claim("attempt isOpen", s -> s.attempt(1).isOpen()),
        claim("onlyAttempt", s -> s.onlyAttempt().hasPick(Pick.Kind.SUBCHANNEL)),
        claim("hasAttemptCount", s -> s.hasAttemptCount(1)),
        claim("hasRetryCount", s -> s.hasRetryCount(0)),
        claim("hasHedgeCount", s -> s.hasHedgeCount(0)),
        claim("hasLifecycle", s -> s.hasLifecycle(started(), halfClosed(), inboundMessage())),
        claim(
            "hasExactLifecycle",
            s ->
                s.applicationLane()
                    .ignoring(requested())
                    .hasExactLifecycle(
                        started(), outboundMessage(), halfClosed(), headers(), inboundMessage())),
        claim("isLeaked", s -> s.isLeaked()));
  }

  private final List<AutoCloseable> toClose = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (int i = toClose.size() - 1; i >= 0; i--) {
      toClose.get(i).close();
    }
  }

  private <T extends AutoCloseable> T closing(T closeable) {
    toClose.add(closeable);
    return closeable;
  }

  private static void fails(Claim claim, RecordedStream stream) {
    StreamAssertions.assertThatThrownBy(() -> claim.assertion().accept(assertThat(stream)))
        .isInstanceOf(AssertionError.class)
        .hasMessageMatching("(?s).*(recorder met an exception|transport's (part|side)|no time).*");
  }

  private static boolean passes(Claim claim, RecordedStream stream) {
    try {
      claim.assertion().accept(assertThat(stream));
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  /** The twin of all others: on a stream of which all was seen each claim holds. */
  @ParameterizedTest
  @MethodSource("claims")
  void streamThatWasSeenPassesTest(Claim claim) {
    Market market = closing(new Market());
    ClientCall<String, String> unused = market.watch("3+", 1);
    market.beQuiet();
    claim.assertion().accept(assertThat(market.recorder).hasOnlyOneStream());
  }

  @ParameterizedTest
  @MethodSource("claims")
  void oldSnapshotPassesOnlyIfTheNewestDoesTest(Claim claim) {
    Market market = closing(new Market());
    ClientCall<String, String> call = market.watch("3+", 1);
    market.beQuiet();
    RecordedStream old = market.recorder.streams().get(0);
    assertThat(passes(claim, old)).isTrue();
    call.cancel("enough", null);
    call.request(9);

    assertThat(passes(claim, old)).isEqualTo(passes(claim, old.latest()));
  }

  @ParameterizedTest
  @MethodSource("claims")
  void cutLogPassesOnlyIfTheWholeOneDoesTest(Claim claim) {
    boolean[] passed = new boolean[2];
    int[] limits = {8, 200};
    for (int i = 0; i < 2; i++) {
      Market market = closing(new Market(limits[i]));
      ClientCall<String, String> call = market.watch("40+", 30);
      call.cancel("enough", null);
      call.request(9);
      market.beQuiet();
      passed[i] = passes(claim, market.recorder.streams().get(0));
    }
    assertThat(!passed[0] || passed[1]).isTrue();
  }

  @ParameterizedTest
  @MethodSource("claims")
  void streamSeenFromTheTransportOnlyFailsTest(Claim claim) {
    GrpcStreamRecorder recorder = closing(GrpcStreamRecorder.create());
    Wire wire = closing(Wire.direct("seen-from-the-transport", new MarketServer()));
    Channel before = wire.channel(ManagedChannelBuilder::directExecutor);
    ChannelWatch unused = closing(ChannelWatch.start(() -> recorder));
    new MarketClient(before).raw(Market.WATCH, 1).send("3+").halfClose();
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.coverage()).isEqualTo(Coverage.TRANSPORT_ONLY);

    fails(claim, stream);
  }

  @ParameterizedTest
  @MethodSource("claims")
  void streamWithAFaultOfTheRecorderFailsTest(Claim claim) {
    AtomicBoolean broken = new AtomicBoolean();
    AtomicLong now = new AtomicLong();
    GrpcStreamRecorder recorder =
        closing(
            GrpcStreamRecorder.builder()
                .clock(
                    () -> {
                      if (broken.get()) {
                        throw new IllegalStateException("no time");
                      }
                      return now.get();
                    })
                .build());
    Wire wire = closing(Wire.to(Transport.IN_PROCESS_DIRECT, new MarketServer()));
    ClientCall<String, String> call =
        new MarketClient(wire.channel(builder -> recorder.attachTo(builder)))
            .raw(Market.WATCH, 1)
            .send("3+")
            .halfClose()
            .call;
    broken.set(true);
    call.request(0);
    broken.set(false);
    now.addAndGet(1_000_000_000);
    RecordedStream stream = recorder.streams().get(0);
    assertThat(stream.recorderFault()).hasMessage("no time");

    fails(claim, stream);
  }
}

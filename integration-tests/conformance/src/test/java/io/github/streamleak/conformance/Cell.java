package io.github.streamleak.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.conformance.Case.Done;
import io.github.streamleak.conformance.GridResolver.Naming;
import io.github.streamleak.conformance.Transport.Backend;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A case on one transport and one policy: a channel, a recorder, a client, and a verdict. */
final class Cell implements AutoCloseable {

  /** The rules beyond leaks have tests of their own, and a wait for what is on its way. */
  private static final StreamLeakPolicy LEAKS_ONLY =
      StreamLeakPolicy.normal().strictness(Strictness.LENIENT);

  /** A leak is waited out. */
  static final Duration LEAK_GRACE = Duration.ofSeconds(1);

  /** What must be released is, long before this: no right cell ever waits it out. */
  static final Duration RELEASE_GRACE = Duration.ofSeconds(Await.LIMIT_SECONDS / 2);

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final Case toRun;
  private final Transport transport;
  private final Expected expected;
  private final String name;
  private final String target;
  private final GrpcStreamRecorder recorder;
  private final ManagedChannel channel;
  private final Client client;
  private final ScriptedServer.Calls calls;
  private final PickCounts picks;
  private final AttemptCounts attempts;
  private final @Nullable Backend ownServer;
  private final @Nullable Proxy proxy;
  private ScriptedServer.@Nullable Handler server;

  Cell(Case toRun, Transport transport, Policy policy) {
    this.toRun = toRun;
    this.transport = transport;
    this.expected = toRun.expectedOn(transport);
    this.name = "cell-" + NUMBERS.incrementAndGet();
    Case.Wiring wiring = toRun.wiring();
    this.ownServer = wiring.ownServer ? transport.serve() : null;
    this.proxy = wiring.proxied ? new Proxy(tcp(backends(1).get(0))) : null;
    Naming naming =
        wiring.naming instanceof Naming.NobodyListens
            ? new Naming.Addresses(List.of(transport.nobodyListens()))
            : wiring.naming != null
                ? wiring.naming
                : new Naming.Addresses(
                    proxy != null ? List.of(proxy.address()) : backends(policy.backends()));
    this.target = GridResolver.target(name, naming);
    this.calls = ScriptedServer.register(name);
    this.attempts = new AttemptCounts(name);
    // On two transports picks stay as gRPC's own policies make them.
    boolean counting =
        policy == Policy.USERS_OWN
            || (transport != Transport.IN_PROCESS_POOL && transport != Transport.NETTY_SHADED);
    this.picks = PickCounts.of(target, counting);
    // releaseLeaked() waits as long for a Done that nothing can bring.
    this.recorder =
        GrpcStreamRecorder.builder()
            .grace(
                toRun.done == Done.SWALLOWED || toRun.done == Done.SWALLOWED_OR_NOT
                    ? LEAK_GRACE
                    : RELEASE_GRACE)
            .build();
    ManagedChannelBuilder<?> builder =
        transport
            .channel(target)
            .defaultLoadBalancingPolicy(policy.policyName())
            .intercept(attempts);
    wiring.inside.forEach(builder::intercept);
    if (wiring.serviceConfig != null) {
      builder.defaultServiceConfig(wiring.serviceConfig);
    }
    if (wiring.retry) {
      builder.enableRetry();
    }
    if (wiring.withoutRetry) {
      builder.disableRetry();
    }
    this.channel = recorder.attachTo(builder).build();
    if (!wiring.fresh) {
      warmUp();
    }
    if (proxy != null) {
      proxy.refuse(wiring.refusedStreams);
    }
    Channel outermost = ClientInterceptors.intercept(channel, wiring.outside);
    this.client =
        Client.of(
            toRun.kind,
            outermost,
            wiring.method != null ? wiring.method : GridMethods.of(toRun.type),
            wiring.options);
    client.request = wiring.request;
  }

  private List<SocketAddress> backends(int count) {
    return ownServer != null
        ? List.of(ownServer.address())
        : transport.backends().stream().limit(count).map(Backend::address).toList();
  }

  private static InetSocketAddress tcp(SocketAddress address) {
    return (InetSocketAddress) address;
  }

  private void warmUp() {
    ClientCalls.blockingUnaryCall(
        channel, GridMethods.WARM_UP, CallOptions.DEFAULT.withWaitForReady(), "warm up");
    Await.until(
        () -> recorder.streams().get(0).attempts().stream().allMatch(RecordedAttempt::isClosed),
        () -> "warm-up is still open: " + recorder.streams());
  }

  // ---- for the steps of a case ----

  Client client() {
    return client;
  }

  Client.Raw raw() {
    return (Client.Raw) client;
  }

  /** Opens the call and waits until it has reached the server. */
  Cell open() throws InterruptedException {
    client.open();
    server = calls.next();
    return this;
  }

  ScriptedServer.Handler server() {
    return Objects.requireNonNull(server, "open() first");
  }

  ScriptedServer.Calls calls() {
    return calls;
  }

  void script(ScriptedServer.Script script) {
    calls.script = script;
  }

  Transport transport() {
    return transport;
  }

  ManagedChannel channel() {
    return channel;
  }

  Proxy proxy() {
    return Objects.requireNonNull(proxy, "not proxied");
  }

  AttemptCounts attempts() {
    return attempts;
  }

  void shutDownServerNow() {
    Objects.requireNonNull(ownServer, "no server of its own").server().shutdownNow();
  }

  /**
   * Waits until the server's status is at the client's transport. Nothing to wait for in-process:
   * there, closing is handing over.
   */
  void awaitServerStatus() throws InterruptedException {
    if (!transport.isInProcess()) {
      attempts.awaitTrailers();
    }
  }

  /**
   * Waits until all that the server has written so far is at the client's transport: on one
   * connection a later call's answer comes after it.
   */
  void awaitMessagesAtTransport() {
    if (!transport.isInProcess()) {
      ClientCalls.blockingUnaryCall(channel, GridMethods.WARM_UP, CallOptions.DEFAULT, "flush");
    }
  }

  /** Waits until the call has been started: a blocking stub does that on a thread of its own. */
  void awaitStream() {
    Await.until(() -> !streams().isEmpty(), () -> "no stream was started");
  }

  /** Waits until gRPC has made {@code count} attempts. */
  void awaitAttempts(int count) {
    agree("number of attempts", () -> attempts.created.get() == count);
  }

  /** Waits until a subchannel has been picked for the call. */
  void awaitPick() {
    agree("a pick", () -> stream().attempts().stream().anyMatch(RecordedAttempt::hasSubchannel));
  }

  // ---- the verdict ----

  private List<RecordedStream> streams() {
    return recorder.streams().stream()
        .filter(s -> !s.fullMethodName().equals(GridMethods.WARM_UP.getFullMethodName()))
        .toList();
  }

  private RecordedStream stream() {
    List<RecordedStream> all = streams();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  /** Holds what the recorder says against what the case expects and what others have counted. */
  void judge() {
    if (expected.verdict() != Expected.Verdict.NO_STREAM) {
      awaitStream();
    }
    switch (expected.verdict()) {
      case LEAKED -> judgeLeaked();
      case RELEASED -> judgeReleased();
      case HOLDS_NOTHING -> {
        assertThat(stream().isOpen()).isFalse();
        assertThat(check(RELEASE_GRACE).findings()).isEmpty();
        assertThat(attempts.created).hasValue(0);
      }
      case NO_STREAM -> {
        assertThat(streams()).isEmpty();
        assertThat(check(RELEASE_GRACE).findings()).isEmpty();
        assertThat(attempts.created).hasValue(0);
      }
    }
    assertThat(check(Duration.ZERO).recorderFault()).isEmpty();
  }

  private StreamVerdict check(Duration grace) {
    return recorder.check(LEAKS_ONLY, grace);
  }

  private void judgeLeaked() {
    StreamVerdict verdict = check(LEAK_GRACE);
    assertThat(verdict.leaks())
        .as(() -> "leaks, of " + described())
        .singleElement()
        .satisfies(leak -> assertThat(leak.cause()).isIn(expected.cause(), expected.race()));
    RecordedStream leaked = verdict.leaks().get(0).stream();
    assertThat(leaked.isOpen()).isTrue();
    assertThat(leaked.releases()).isEmpty();

    boolean reachedAPick = expected.cause() != LeakCause.NOT_PICKED;
    if (reachedAPick) {
      agree("attempts", () -> attempts.open() == toRun.openAttempts);
      agree("picks", () -> !picks.isCounting() || picks.open() == toRun.openAttempts);
    } else {
      agree("picks", () -> picks.tracers.get() == 0);
    }
    channelzAgrees();

    boolean released = recorder.releaseLeaked();
    if (toRun.done == Done.SWALLOWED) {
      assertThat(released).isFalse();
    } else if (toRun.done != Done.SWALLOWED_OR_NOT) {
      assertThat(released).as(() -> "releaseLeaked, of " + described()).isTrue();
      allDone();
    }
    assertThat(check(Duration.ZERO).leaks()).isEmpty();
    assertThat(stream().releases()).first().isEqualTo(StreamRelease.CANCELLED);
  }

  private void judgeReleased() {
    StreamVerdict verdict = check(RELEASE_GRACE);
    assertThat(verdict.leaks()).as(() -> "leaks, of " + described()).isEmpty();
    // Done may run a moment before the status is there.
    agree("release", this::isReleasedAsExpected);
    if (toRun.done == Done.AS_THE_VERDICT
        || (toRun.done == Done.SWALLOWED_IN_PROCESS && !transport.isInProcess())) {
      allDone();
    } else {
      assertThat(attempts.open()).isPositive();
      assertThat(!picks.isCounting() || picks.open() > 0).isTrue();
    }
    if (toRun.attempts >= 0) {
      agree("number of attempts", () -> attempts.created.get() == toRun.attempts);
    }
    if (expected.release() == StreamRelease.DEADLINE && !toRun.cancelsWhatFails()) {
      assertThat(stream().count(EventKind.CANCELLED)).as(this::described).isZero();
    }
    channelzAgrees();
    assertThat(isReleasedAsExpected()).as(this::described).isTrue();
    assertThat(check(Duration.ZERO).findings()).extracting(StreamFinding::cause).isEmpty();
  }

  private boolean isReleasedAsExpected() {
    RecordedStream stream = stream();
    return !stream.isOpen()
        && !stream.releases().isEmpty()
        && stream.releases().get(0) == expected.release();
  }

  /** Every Done has run, by the grid's own count as by the recorder's. */
  private void allDone() {
    agree("attempts", () -> attempts.open() == 0);
    agree("picks", () -> picks.open() == 0);
    agree(
        "attempts of the recorder",
        () ->
            stream().attempts().size() == attempts.created.get()
                && stream().attempts().stream().allMatch(RecordedAttempt::isClosed));
    agree(
        "picks of the recorder",
        () ->
            !picks.isCounting()
                || stream().attempts().stream().filter(RecordedAttempt::hasPickerTracer).count()
                    == picks.tracers.get());
  }

  /**
   * Channelz counts a call from the moment its name is resolved until its terminal status is
   * delivered, and an attempt from the moment a transport has it until it is closed.
   */
  private void channelzAgrees() {
    if (!toRun.channelz) {
      return;
    }
    agree(
        "channelz",
        () -> {
          Optional<Channelz.InFlight> counted = Channelz.inFlight(target);
          List<RecordedStream> streams = streams();
          long calls =
              streams.stream()
                  .filter(s -> s.terminalStatus() == null && !s.attempts().isEmpty())
                  .count();
          long onTransports =
              streams.stream()
                  .flatMap(s -> s.attempts().stream())
                  .filter(a -> a.remoteAddress() != null && a.status() == null)
                  .count();
          // A channel that is shut down leaves channelz, whatever is still open on it.
          return counted.isEmpty()
              ? channel.isShutdown()
              : counted.get().equals(new Channelz.InFlight(calls, onTransports));
        });
  }

  private void agree(String what, BooleanSupplier agreed) {
    Await.until(agreed, () -> "no agreement on " + what + ": " + described());
  }

  private String described() {
    return "expected "
        + expected
        + ", got "
        + streams()
        + " with "
        + streams().stream().flatMap(s -> s.events().stream()).map(e -> e.describe()).toList()
        + "; attempts "
        + attempts.created
        + " closed "
        + attempts.closed
        + ", picks "
        + picks.tracers
        + " done "
        + picks.dones
        + ", channelz "
        + Channelz.inFlight(target);
  }

  @Override
  public void close() {
    recorder.releaseLeaked();
    recorder.close();
    channel.shutdownNow();
    if (proxy != null) {
      proxy.close();
    }
    if (ownServer != null) {
      ownServer.server().shutdownNow();
    }
    ScriptedServer.forget(name);
    GridResolver.forget(name);
    PickCounts.forget(target);
  }
}

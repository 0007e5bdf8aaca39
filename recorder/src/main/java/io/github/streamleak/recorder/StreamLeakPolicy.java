package io.github.streamleak.recorder;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@link GrpcStreamRecorder#check} holds streams to. Immutable: each method returns a policy
 * of its own.
 */
public final class StreamLeakPolicy {

  private static final class UnseenCancelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnseenCancelException() {
      super(
          "only the transport's side of this in-process stream was seen, and in-process may swallow"
              + " a cancel: build its channel after the check has begun");
    }
  }

  /** Streams that gRPC's own libraries keep open for as long as their channel lives. */
  private static final List<StreamAllowance> GRPCS_OWN =
      List.of(
          StreamAllowance.of("grpc.health.v1.Health/Watch", "client-side health check of gRPC"),
          StreamAllowance.of("grpc.reflection.v1.ServerReflection/*", "server reflection of gRPC"),
          StreamAllowance.of(
              "grpc.reflection.v1alpha.ServerReflection/*", "server reflection of gRPC"),
          StreamAllowance.of(
              "envoy.service.discovery.v3.AggregatedDiscoveryService/*", "xDS control plane"),
          StreamAllowance.of(
              "envoy.service.load_stats.v3.LoadReportingService/*", "xDS load reports"));

  private static final StreamLeakPolicy NORMAL =
      new StreamLeakPolicy(
          List.of(), "the check began", "policy.allow(StreamAllowance.of(\"%s\", \"the reason\"))");

  private final List<StreamAllowance> allowances;
  private final String waitedAfter;
  private final String howToAllow;

  private StreamLeakPolicy(
      List<StreamAllowance> allowances, String waitedAfter, String howToAllow) {
    this.allowances = allowances;
    this.waitedAfter = waitedAfter;
    this.howToAllow = howToAllow;
  }

  /**
   * Returns the default policy: a stream that is open after the wait has leaked, apart from those
   * that gRPC's own libraries keep open (health watch, reflection, ADS, LRS).
   */
  public static StreamLeakPolicy normal() {
    return NORMAL;
  }

  /** Returns a policy that also excuses what {@code allowance} matches. */
  public StreamLeakPolicy allow(StreamAllowance allowance) {
    List<StreamAllowance> more = new ArrayList<>(allowances);
    more.add(Objects.requireNonNull(allowance, "allowance"));
    return new StreamLeakPolicy(List.copyOf(more), waitedAfter, howToAllow);
  }

  /**
   * Returns a policy whose texts speak of the caller's world.
   *
   * @param waitedAfter what the wait came after, as in "still open 0.20 s after <b>the test</b>"
   * @param howToAllow what to write to allow a stream; {@code %s} stands for the full method name
   */
  public StreamLeakPolicy wording(String waitedAfter, String howToAllow) {
    Objects.requireNonNull(waitedAfter, "waitedAfter");
    Objects.requireNonNull(howToAllow, "howToAllow");
    return new StreamLeakPolicy(allowances, waitedAfter, howToAllow);
  }

  /** Returns the allowances that were added, in their order; gRPC's own are not among them. */
  public List<StreamAllowance> allowances() {
    return allowances;
  }

  String waitedAfter() {
    return waitedAfter;
  }

  String howToAllow(String fullMethodName) {
    return howToAllow.replace("%s", fullMethodName);
  }

  /**
   * Judges a snapshot as it is, without a wait: a finding if the stream is open, empty if it is
   * released. {@link GrpcStreamRecorder#check} waits first.
   */
  public Optional<StreamFinding> finding(RecordedStream stream) {
    return stream.isOpen() ? Optional.of(judge(stream)) : Optional.empty();
  }

  StreamFinding judge(RecordedStream stream) {
    LeakCause cause = stream.cause().orElseThrow();
    for (List<StreamAllowance> list : List.of(allowances, GRPCS_OWN)) {
      for (StreamAllowance allowance : list) {
        if (allowance.matches(stream.fullMethodName())) {
          return new StreamFinding.Allowed(stream, cause, allowance);
        }
      }
    }
    if (stream.sides() == RecordedSides.TRANSPORT_ONLY
        && stream.attempts().stream().anyMatch(RecordedAttempt::isInProcess)) {
      // In-process swallows a cancel once the server has closed, and the application's own cancel
      // is what this view does not see.
      return new StreamFinding.Undecided(stream, cause, new UnseenCancelException());
    }
    Throwable fault = stream.recorderFault();
    return fault == null
        ? new StreamFinding.Leaked(stream, cause)
        : new StreamFinding.Undecided(stream, cause, fault);
  }
}

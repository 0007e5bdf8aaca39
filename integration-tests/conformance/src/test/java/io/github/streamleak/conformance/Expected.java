package io.github.streamleak.conformance;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import org.jspecify.annotations.Nullable;

/**
 * What a case must come to.
 *
 * @param race the cause that a race may give instead of {@code cause}; null if there is none
 */
record Expected(
    Verdict verdict,
    @Nullable StreamRelease release,
    @Nullable LeakCause cause,
    @Nullable LeakCause race) {

  enum Verdict {
    RELEASED,
    LEAKED,
    /** Started, but it never held anything: the call threw out of start. */
    HOLDS_NOTHING,
    /** Never started, so it is no stream. */
    NO_STREAM
  }

  static final Expected HOLDS_NOTHING = new Expected(Verdict.HOLDS_NOTHING, null, null, null);
  static final Expected NO_STREAM = new Expected(Verdict.NO_STREAM, null, null, null);

  static Expected released(StreamRelease by) {
    return new Expected(Verdict.RELEASED, by, null, null);
  }

  static Expected leaked(LeakCause cause) {
    return new Expected(Verdict.LEAKED, null, cause, null);
  }

  /** Returns this for a cause that may also be {@code other}, where a race decides which. */
  Expected or(LeakCause other) {
    return new Expected(verdict, release, cause, other);
  }

  boolean isLeak() {
    return verdict == Verdict.LEAKED;
  }

  String verdictText() {
    return switch (verdict) {
      case RELEASED -> "released";
      case LEAKED -> "leaked";
      case HOLDS_NOTHING -> "holds nothing";
      case NO_STREAM -> "no stream";
    };
  }
}

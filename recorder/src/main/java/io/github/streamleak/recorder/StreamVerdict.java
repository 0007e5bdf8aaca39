package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamFinding.Allowed;
import io.github.streamleak.recorder.StreamFinding.Leaked;
import io.github.streamleak.recorder.StreamFinding.Undecided;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The outcome of one check: what is still open, and how that was judged. */
public final class StreamVerdict {

  private final StreamLeakPolicy policy;
  private final List<StreamFinding> findings;
  private final int streamCount;
  private final Duration waited;
  private final @Nullable Throwable recorderFault;

  private StreamVerdict(
      StreamLeakPolicy policy,
      List<StreamFinding> findings,
      int streamCount,
      Duration waited,
      @Nullable Throwable recorderFault) {
    this.policy = policy;
    this.findings = findings;
    this.streamCount = streamCount;
    this.waited = waited;
    this.recorderFault = recorderFault;
  }

  static StreamVerdict of(
      StreamLeakPolicy policy,
      List<RecordedStream> open,
      int streamCount,
      Duration waited,
      @Nullable Throwable recorderFault) {
    List<StreamFinding> findings =
        open.stream()
            // One may have been released since the wait ended: its snapshot says so.
            .filter(RecordedStream::isOpen)
            .map(policy::judge)
            .toList();
    return new StreamVerdict(policy, findings, streamCount, waited, recorderFault);
  }

  /** Returns whether a stream has leaked. */
  public boolean hasLeaks() {
    return findings.stream().anyMatch(Leaked.class::isInstance);
  }

  /** Returns the streams that have leaked, in the order they were started. */
  public List<Leaked> leaks() {
    return only(Leaked.class);
  }

  /** Returns the open streams that an allowance excuses. */
  public List<Allowed> allowed() {
    return only(Allowed.class);
  }

  /** Returns the streams that seem open but could not be judged. */
  public List<Undecided> undecided() {
    return only(Undecided.class);
  }

  /** Returns a finding for every stream that was open when the wait ended. */
  public List<StreamFinding> findings() {
    return findings;
  }

  private <T extends StreamFinding> List<T> only(Class<T> kind) {
    return findings.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** Returns how many streams had been recorded. Zero means that nothing was watched. */
  public int streamCount() {
    return streamCount;
  }

  /** Returns how long the check waited for streams to be released. */
  public Duration waited() {
    return waited;
  }

  /** Returns the last exception that was met inside the recorder; empty in a sound run. */
  public Optional<Throwable> recorderFault() {
    return Optional.ofNullable(recorderFault);
  }

  /**
   * Returns the whole verdict as text: each leak with its opening line, state, events, cause and
   * remedy; or one line if nothing has leaked.
   */
  public String describe() {
    return LeakText.of(this, policy);
  }

  /** Returns the leaks as an error, or empty if there is none. */
  public Optional<StreamLeakError> error() {
    return hasLeaks() ? Optional.of(new StreamLeakError(describe(), leaks())) : Optional.empty();
  }

  /**
   * Does nothing if no stream has leaked.
   *
   * @throws StreamLeakError if a stream has leaked
   */
  public void throwIfLeaked() {
    Optional<StreamLeakError> error = error();
    if (error.isPresent()) {
      throw error.get();
    }
  }

  /** Returns {@link #describe()}. */
  @Override
  public String toString() {
    return describe();
  }
}

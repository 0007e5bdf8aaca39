package io.github.streamleak.verdict;

import io.github.streamleak.verdict.StreamFinding.Leaked;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Thrown when gRPC client streams have leaked or have broken a rule that fails.
 *
 * <p>The message holds the whole report, because some tools show nothing else; {@link #leaks()} and
 * {@link #breaches()} return the same as data. The stacks that opened the streams are added as
 * suppressed throwables, each different stack once and at most ten of them, so that an IDE links
 * them.
 */
public final class StreamLeakError extends AssertionError {

  private static final long serialVersionUID = 1L;

  private static final int MOST_TRACES = 10;

  private final transient List<Leaked> leaks;
  private final transient List<RuleBreach> breaches;

  StreamLeakError(String message, List<Leaked> leaks, List<RuleBreach> breaches) {
    super(message);
    this.leaks = leaks;
    this.breaches = breaches;
    Set<List<StackTraceElement>> seen = new LinkedHashSet<>();
    for (Leaked leak : leaks) {
      addTrace(leak.stream().fullMethodName(), leak.stream().openingStack(), seen);
    }
    for (RuleBreach breach : breaches) {
      addTrace(breach.subject(), breach.openingStack(), seen);
    }
  }

  private void addTrace(
      String subject, List<StackTraceElement> frames, Set<List<StackTraceElement>> seen) {
    if (!frames.isEmpty() && seen.size() < MOST_TRACES && seen.add(frames)) {
      addSuppressed(new OpenedHere(subject, frames));
    }
  }

  /** Returns the leaks, in the order the streams were started. Empty after deserialization. */
  public List<Leaked> leaks() {
    return leaks == null ? List.of() : leaks;
  }

  /** Returns the breaches of other rules that fail the check. Empty after deserialization. */
  public List<RuleBreach> breaches() {
    return breaches == null ? List.of() : breaches;
  }

  /** Carries an opening stack as a suppressed throwable, where test reports show it. */
  private static final class OpenedHere extends Throwable {

    private static final long serialVersionUID = 1L;

    OpenedHere(String fullMethodName, List<StackTraceElement> frames) {
      super(fullMethodName + " was opened here", null, false, true);
      setStackTrace(frames.toArray(new StackTraceElement[0]));
    }

    // A stack trace begins with this text; the name of a private class in it would help nobody.
    @SuppressWarnings("OverrideThrowableToString")
    @Override
    public String toString() {
      return String.valueOf(getMessage());
    }
  }
}

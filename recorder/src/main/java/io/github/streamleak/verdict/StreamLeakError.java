package io.github.streamleak.verdict;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Thrown when gRPC client streams have leaked or have broken a rule that fails.
 *
 * <p>The message holds the whole report, because some tools show nothing else; {@link #leaks()} and
 * {@link #breaches()} return the same as data. The stack that opened the first stream is the stack
 * trace of the error, from the user's line outwards, so that an IDE jumps to that line. The stacks
 * of the others are added as suppressed throwables, each different stack once. There are at most
 * ten in all. If no stack was captured, the trace is that of the check, without what the check
 * itself runs.
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
    Map<List<StackTraceElement>, String> traces = new LinkedHashMap<>();
    leaks.forEach(
        leak ->
            traces.putIfAbsent(
                leak.stream().opening().framesFromLine(), leak.stream().fullMethodName()));
    breaches.forEach(
        breach -> traces.putIfAbsent(breach.opening().framesFromLine(), breach.subject()));
    traces.remove(List.<StackTraceElement>of());
    setStackTrace(
        traces.keySet().stream()
            .findFirst()
            .orElseGet(() -> withoutOwn(getStackTrace()))
            .toArray(new StackTraceElement[0]));
    traces.entrySet().stream()
        .skip(1)
        .limit(MOST_TRACES - 1)
        .forEach(other -> addSuppressed(new OpenedHere(other.getValue(), other.getKey())));
  }

  /** Returns the frames from that which has asked for the verdict. */
  private static List<StackTraceElement> withoutOwn(StackTraceElement[] frames) {
    String here = StreamLeakError.class.getPackageName() + ".Stream";
    return Arrays.stream(frames).dropWhile(frame -> frame.getClassName().startsWith(here)).toList();
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
      super(Texts.escaped(fullMethodName) + " was opened here", null, false, true);
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

package io.github.streamleak.run;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.streamleak.verdict.StreamRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of one run, or of all runs of a session, and the one line that says them. It is
 * thread-safe.
 *
 * <p>A line is logged for a clean run as well: without one nobody can tell a suite that leaks
 * nothing from one that is not checked.
 */
final class RunTotals {

  private final Object lock = new Object();

  @GuardedBy("lock")
  private long tests;

  @GuardedBy("lock")
  private long streams;

  @GuardedBy("lock")
  private long channels;

  @GuardedBy("lock")
  private long leaks;

  /** Leaks of runs in mode warn: they fail nothing. */
  @GuardedBy("lock")
  private long warnedLeaks;

  /** Streams of which it cannot be said that they should have been closed by the end of the run. */
  @GuardedBy("lock")
  private long stillOpen;

  /** Breaches of rules that fail their test. */
  @GuardedBy("lock")
  private long breaches;

  @GuardedBy("lock")
  private long known;

  @GuardedBy("lock")
  private long allowed;

  @GuardedBy("lock")
  private long undecided;

  @GuardedBy("lock")
  private final Map<StreamRule, Long> warnings = new EnumMap<>(StreamRule.class);

  /** Whether only own channels were watched. */
  @GuardedBy("lock")
  private boolean ownOnly = true;

  @GuardedBy("lock")
  private @Nullable Path report;

  /** Adds to the report the tests of each engine that nobody checked. */
  @GuardedBy("lock")
  private @Nullable Consumer<Map<String, Long>> uncheckedInto;

  // ---- what a run counts ----

  void countTest() {
    synchronized (lock) {
      tests++;
    }
  }

  void countStreams(long more) {
    synchronized (lock) {
      streams += more;
    }
  }

  void countChannels(long more) {
    synchronized (lock) {
      channels += more;
    }
  }

  void countLeak(boolean fails) {
    synchronized (lock) {
      leaks++;
      warnedLeaks += fails ? 0 : 1;
    }
  }

  void countStillOpen() {
    synchronized (lock) {
      stillOpen++;
    }
  }

  void countBreach() {
    synchronized (lock) {
      breaches++;
    }
  }

  void countWarning(StreamRule rule) {
    synchronized (lock) {
      warnings.merge(rule, 1L, Long::sum);
    }
  }

  void countKnown() {
    synchronized (lock) {
      known++;
    }
  }

  void countAllowed() {
    synchronized (lock) {
      allowed++;
    }
  }

  void countUndecided() {
    synchronized (lock) {
      undecided++;
    }
  }

  void watched(WatchedChannels watch) {
    synchronized (lock) {
      ownOnly &= watch == WatchedChannels.OWN;
    }
  }

  /** Sets the file that a reader opens first. */
  void reportIn(Path file) {
    synchronized (lock) {
      report = file;
    }
  }

  /** Sets what adds to the report the tests of each engine that nobody checked. */
  void uncheckedInto(Consumer<Map<String, Long>> report) {
    synchronized (lock) {
      uncheckedInto = report;
    }
  }

  long leaks() {
    synchronized (lock) {
      return leaks;
    }
  }

  /** Returns whether a test was checked, or anything was recorded or found outside of the tests. */
  boolean hasAnything() {
    synchronized (lock) {
      return tests > 0 || !isEmpty();
    }
  }

  /** Adds the numbers of another run. */
  void add(RunTotals other) {
    // The other run is over, so nobody adds this one to it meanwhile.
    synchronized (lock) {
      synchronized (other.lock) {
        tests += other.tests;
        streams += other.streams;
        channels += other.channels;
        leaks += other.leaks;
        warnedLeaks += other.warnedLeaks;
        stillOpen += other.stillOpen;
        breaches += other.breaches;
        known += other.known;
        allowed += other.allowed;
        undecided += other.undecided;
        other.warnings.forEach((rule, times) -> warnings.merge(rule, times, Long::sum));
        ownOnly &= other.ownOnly;
        report = other.report == null ? report : other.report;
        uncheckedInto = other.uncheckedInto == null ? uncheckedInto : other.uncheckedInto;
      }
    }
  }

  // ---- the line ----

  /**
   * Logs the line, and adds to the report what only the line has known.
   *
   * @param unchecked the number of tests of each engine that the check does not know
   */
  void log(Map<String, Long> unchecked) {
    synchronized (lock) {
      if (uncheckedInto != null && !unchecked.isEmpty()) {
        uncheckedInto.accept(unchecked);
      }
      String line = line(unchecked);
      if (leaks + breaches > 0 || isEmpty()) {
        RunLog.warn("{0}", line);
      } else {
        RunLog.say(line);
      }
    }
  }

  @GuardedBy("lock")
  private boolean isEmpty() {
    return streams == 0
        && leaks + breaches + known + allowed + undecided == 0
        && warnings.isEmpty();
  }

  @GuardedBy("lock")
  private String line(Map<String, Long> unchecked) {
    List<String> parts = new ArrayList<>();
    parts.add(isEmpty() ? whyNothing() : recorded() + ", " + leaked());
    if (stillOpen > 0) {
      parts.add(number(stillOpen) + " still open at the end of the run");
    }
    if (breaches > 0) {
      parts.add(count(breaches, "other finding") + (breaches == 1 ? " fails" : " fail"));
    }
    if (known > 0) {
      parts.add(number(known) + (known == 1 ? " is known" : " are known"));
    }
    if (allowed > 0) {
      parts.add(number(allowed) + (allowed == 1 ? " is allowed" : " are allowed"));
    }
    if (undecided > 0) {
      parts.add(number(undecided) + " could not be judged");
    }
    Long shutdowns = warnings.get(StreamRule.ENDED_BY_SHUTDOWN);
    if (shutdowns != null) {
      parts.add(number(shutdowns) + " ended only by a shutdown");
    }
    String others =
        warnings.entrySet().stream()
            .filter(entry -> entry.getKey() != StreamRule.ENDED_BY_SHUTDOWN)
            .map(entry -> entry.getKey() + " " + number(entry.getValue()))
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      parts.add("rule warnings: " + others);
    }
    unchecked.forEach((engine, tests) -> parts.add(unchecked(engine, tests)));
    if (report != null) {
      parts.add("report: " + report);
    }
    return "Streamleak: " + String.join("; ", parts);
  }

  @GuardedBy("lock")
  private String recorded() {
    return count(streams, "stream")
        + " in "
        + count(tests, "test")
        // Channels that are injected are not counted.
        + (channels == 0 ? "" : " on " + count(channels, "channel"));
  }

  @GuardedBy("lock")
  private String leaked() {
    if (leaks == 0) {
      return known > 0 ? "no new one leaked" : "none leaked";
    }
    return number(leaks)
        + " leaked"
        + (warnedLeaks == leaks
            ? " (" + ParameterNames.MODE + " = " + LeakMode.WARN.word() + ")"
            : "");
  }

  @GuardedBy("lock")
  private String whyNothing() {
    String nothing = "no stream was recorded in " + count(tests, "test");
    if (channels > 0) {
      return nothing
          + ": no call was started on the "
          + (channels == 1 ? "channel that was" : number(channels) + " channels that were")
          + " built";
    }
    if (ownOnly) {
      return nothing
          + ": with "
          + ParameterNames.WATCH
          + " = own only the channels are recorded that the check itself makes or is given";
    }
    return nothing
        + ", and no channel was seen: the tests use no gRPC client, or one that the check does not"
        + " reach, whose channel was built before the check began, or by no ManagedChannelBuilder,"
        + " or by a second copy of gRPC on the class path";
  }

  static String unchecked(String engine, long tests) {
    return count(tests, "test")
        + " of engine "
        + engine
        + (tests == 1 ? " was not checked" : " were not checked");
  }

  private static String count(long n, String noun) {
    return number(n) + " " + noun + (n == 1 ? "" : "s");
  }

  private static String number(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }
}

package io.github.streamleak.report;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Tells which findings of one run a baseline knows. It is thread-safe.
 *
 * <p>A baseline says on how many lines of a method a finding is known, and not on which, because
 * lines move. So the first lines that are asked about are the known ones, and any further line of
 * that method is new.
 */
public final class KnownFindings {

  private final Baseline baseline;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Map<String, Set<String>> lines = new HashMap<>();

  private KnownFindings(Baseline baseline) {
    this.baseline = baseline;
  }

  /** Returns the findings that {@code baseline} knows, none of which was found yet. */
  public static KnownFindings of(Baseline baseline) {
    return new KnownFindings(baseline);
  }

  /** Returns whether the baseline knows a finding. The same finding always has the same answer. */
  public boolean contains(ReportEntry entry) {
    String fingerprint = entry.fingerprint();
    int most = baseline.lines(fingerprint);
    if (most == 0) {
      return false;
    }
    synchronized (lock) {
      Set<String> known = lines.computeIfAbsent(fingerprint, f -> new HashSet<>());
      String line = entry.openedOn();
      if (known.contains(line)) {
        return true;
      }
      return known.size() < most && known.add(line);
    }
  }
}

package io.github.streamleak.run;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The runs of this JVM from the first to the last, as whoever launches the tests sees them. They
 * end with one line for all.
 *
 * <p>A launcher may start a run for each class, as Surefire does in forks. So a run that ends hands
 * its numbers to the session, and the session logs their sum when it closes. A run without a
 * session logs its own line, and so does one that a test starts itself: it is no part of the run
 * that the test is in.
 */
public final class RunSession {

  private static final AtomicReference<@Nullable RunSession> OPEN = new AtomicReference<>();

  private final @Nullable RunSession around;
  private final AtomicInteger running = new AtomicInteger();
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Map<String, Long> unchecked = new TreeMap<>();

  @GuardedBy("lock")
  private @Nullable RunTotals totals;

  @GuardedBy("lock")
  private @Nullable String whyUnchecked;

  private RunSession(@Nullable RunSession around) {
    this.around = around;
  }

  /** Opens a session. Sessions that are opened while it is open are inside it. */
  public static RunSession open() {
    RunSession session = new RunSession(OPEN.get());
    OPEN.set(session);
    return session;
  }

  // ---- what whoever launches the tests tells ----

  /** Notes that a test begins, whichever engine runs it. */
  public void testBegins() {
    running.incrementAndGet();
  }

  /**
   * Notes that a test has ended.
   *
   * @param engine the engine that ran it, if the check does not know that engine; else null
   */
  public void testEnded(@Nullable String engine) {
    running.decrementAndGet();
    if (engine != null) {
      synchronized (lock) {
        unchecked.merge(engine, 1L, Long::sum);
      }
    }
  }

  /** Notes that the check was asked for, and why it could not begin. */
  public void couldNotCheck(String why) {
    synchronized (lock) {
      whyUnchecked = why;
    }
  }

  /** Logs the line, unless nothing was checked and nobody had asked for it. */
  public void close() {
    OPEN.compareAndSet(this, around);
    synchronized (lock) {
      if (totals != null) {
        totals.log(unchecked);
      } else if (whyUnchecked != null) {
        RunLog.warn("{0}", "Streamleak: nothing was checked: " + whyUnchecked);
      }
    }
  }

  // ---- what a run tells ----

  /** Returns whether the run that asks was started by a test, and not by what launched the JVM. */
  static boolean isWithinATest() {
    for (RunSession session = OPEN.get(); session != null; session = session.around) {
      if (session.running.get() > 0) {
        return true;
      }
    }
    return false;
  }

  /** Takes the numbers of a run that has ended. */
  static void take(RunTotals run) {
    RunSession session = OPEN.get();
    if (session == null || session.running.get() > 0) {
      run.log(Map.of());
      return;
    }
    synchronized (session.lock) {
      RunTotals all = session.totals;
      if (all == null) {
        session.totals = run;
      } else {
        all.add(run);
      }
    }
  }
}

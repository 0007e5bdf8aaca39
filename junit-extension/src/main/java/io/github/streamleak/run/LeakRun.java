package io.github.streamleak.run;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * One run of tests, with its parameters, its ledger and its watch. A runner makes one for each run.
 *
 * <p>Ledger and watch are made by the first check that needs them, so that a run that checks
 * nothing writes no report and has no hook in gRPC. The ledger is made before the watch and is
 * therefore closed after it: the watch still has something to note when it ends.
 */
public final class LeakRun {

  private final Runner runner;
  private final LeakParameters parameters;
  private final Owner owner = Owner.ofRun();
  private final Object lock = new Object();

  @GuardedBy("lock")
  private @Nullable RunLedger ledger;

  @GuardedBy("lock")
  private @Nullable RunWatch watch;

  private LeakRun(Runner runner) {
    this.runner = runner;
    this.parameters = new LeakParameters(runner);
  }

  /** Returns a run in which nothing has begun. */
  public static LeakRun of(Runner runner) {
    LeakRun run = new LeakRun(runner);
    // Threads that its tests have started may serve the tests of the next run.
    runner.atEnd(run.owner::over);
    return run;
  }

  /** Returns the configuration parameters of this run. */
  public LeakParameters parameters() {
    return parameters;
  }

  Runner.Wording wording() {
    return runner.wording();
  }

  /** Returns the owner of everything that belongs to no test and no class. */
  Owner owner() {
    return owner;
  }

  /** Returns the ledger. It is made when it is first asked for. */
  RunLedger ledger() {
    synchronized (lock) {
      RunLedger known = ledger;
      if (known == null) {
        RunLedger opened = new RunLedger(parameters);
        runner.atEnd(opened::close);
        ledger = opened;
        known = opened;
      }
      return known;
    }
  }

  /** Returns the watch, which this may start; null if only own channels are watched. */
  @Nullable RunWatch watch() {
    if (parameters.watch() == WatchedChannels.OWN) {
      return null;
    }
    synchronized (lock) {
      RunWatch known = watch;
      if (known == null) {
        RunWatch started = new RunWatch(owner, parameters, runner.runsInParallel(), ledger());
        runner.atEnd(started::close);
        watch = started;
        known = started;
      }
      return known;
    }
  }

  /** Returns the watch if it has started already; null if not. */
  @Nullable RunWatch startedWatch() {
    synchronized (lock) {
      return watch;
    }
  }
}

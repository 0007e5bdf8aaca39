package io.github.streamleak.run;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * One run of tests: its parameters, its ledger, its watch. A runner makes one of it.
 *
 * <p>Ledger and watch are opened by the first check that needs them, so that a run that checks
 * nothing writes nothing and has no hook in gRPC. The ledger is opened first: what is opened first
 * is closed last, and the watch has something to say when it is closed.
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
    return new LeakRun(runner);
  }

  /** Returns the configuration parameters of this run. */
  public LeakParameters parameters() {
    return parameters;
  }

  Runner.Wording wording() {
    return runner.wording();
  }

  /** Returns who is charged with what belongs to no test and no class. */
  Owner owner() {
    return owner;
  }

  /** Returns the ledger, opened when first asked for. */
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

  /** Returns the watch, started when first asked for; null if only own channels are watched. */
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

  /** Returns the watch if it was started; null if not. */
  @Nullable RunWatch startedWatch() {
    synchronized (lock) {
      return watch;
    }
  }
}

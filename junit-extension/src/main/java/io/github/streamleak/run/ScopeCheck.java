package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import java.lang.reflect.Executable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The check of one test or class, from its first callback to its verdict.
 *
 * <p>A runner makes it, gives it its settings ({@link #hold}) and says when it begins ({@link
 * #begin}). It then ends it exactly once: with a verdict ({@link #end}), or without one ({@link
 * #discard}). Only one thread at a time may use it.
 */
public final class ScopeCheck {

  private final LeakRun run;
  private String name;

  /** Null if nothing is recorded. In that case no hook is registered with gRPC. */
  private final @Nullable GrpcStreamRecorder recorder;

  private @Nullable ScopeCheck outer;
  private final AllowanceUse allowances;

  /** Whether this is the check that reports unused allowances. */
  private final boolean isOutermost;

  private boolean left;
  private boolean releases = true;
  private @Nullable LeakSettings settings;
  private @Nullable Owner owner;
  private @Nullable RunLedger ledger;
  private @Nullable RunWatch watch;
  private RunWatch.@Nullable OwnerWatch ownerWatch;

  /** The mark on the thread of a test that no watch of its run knows. */
  private @Nullable Marks marks;

  private ScopeCheck(
      LeakRun run, String name, @Nullable GrpcStreamRecorder recorder, @Nullable ScopeCheck outer) {
    this.run = run;
    this.name = name;
    this.recorder = recorder;
    this.outer = outer;
    this.allowances = outer == null ? new AllowanceUse() : outer.allowances;
    this.isOutermost = outer == null;
  }

  /**
   * Returns the check of a test or class that has not begun.
   *
   * @param name how messages name the test or class
   * @param recorder the recorder of its streams; null if nothing is recorded
   * @param outer the check of the class around it; null if there is none
   */
  public static ScopeCheck of(
      LeakRun run, String name, @Nullable GrpcStreamRecorder recorder, @Nullable ScopeCheck outer) {
    return new ScopeCheck(run, name, recorder, outer);
  }

  /** Sets what streams are held to. The verdict follows the last call. */
  public void hold(LeakSettings settings) {
    this.settings = settings;
  }

  /**
   * Begins with the constructor that makes the instance for a test. Which test that is, {@link
   * #begin} says. Called again if an instance of a class around it was made for it before.
   *
   * @param constructors those that run for the test alone
   * @param around the check of the class; null if there is none
   */
  public void beginConstruction(
      Class<?> testClass,
      Collection<? extends Executable> constructors,
      @Nullable ScopeCheck around) {
    if (owner == null) {
      start(testClass, true, constructors, new Owner.Identity(Optional.empty(), "", name, name));
      return;
    }
    if (around != null) {
      outer = around;
    }
    owner.isNowIn(outer == null ? null : outer.owner, testClass, places(constructors));
  }

  /**
   * Begins: from now on, streams on channels that others have built may belong to this test or
   * class.
   *
   * @param code the methods and constructors that are its own: of a test its method, the methods
   *     that run before and after it, and the constructor if the instance is made for it; of a
   *     class the methods that run before and after all tests
   * @param name how messages name it
   * @param method the name of the test method; empty for a class
   * @param id the id by which the test framework knows it in every run
   * @param shown the name that the test framework shows
   */
  public void begin(
      Class<?> testClass,
      Collection<? extends Executable> code,
      String name,
      Optional<String> method,
      String id,
      String shown) {
    this.name = name;
    Owner.Identity names = new Owner.Identity(method, id, name, shown);
    if (owner == null) {
      start(testClass, method.isPresent(), code, names);
    } else if (owner.id().isEmpty()) {
      owner.isNow(places(code), names);
    }
  }

  private static Set<Place> places(Collection<? extends Executable> code) {
    return code.stream().map(Place::of).collect(Collectors.toUnmodifiableSet());
  }

  private void start(
      Class<?> testClass,
      boolean test,
      Collection<? extends Executable> code,
      Owner.Identity names) {
    Owner outerOwner = outer == null ? null : outer.owner;
    owner = run.owner().member(outerOwner, testClass, test, places(code), names, recorder);
    if (recorder != null) {
      ledger = run.ledger();
    }
    // A test that is not checked does not start the watch. If others have started it, it must know
    // of this test, or would charge its streams to them.
    watch = recorder == null ? run.startedWatch() : run.watch();
    if (watch != null) {
      ownerWatch = watch.begin(owner);
    } else {
      // A watch of another run, or one that begins later, must not take its calls for another's.
      marks = Marks.set(owner);
    }
  }

  /** Takes what was seen before anything was known of the run, on the thread of this test. */
  public void claim(EarlyWatch early) {
    early.claimFor(watch == null || recorder == null ? null : owner);
  }

  /** The test's own code begins, or is over: what follows is clean-up. */
  public void testRuns(boolean begins) {
    for (ScopeCheck each = this; each != null; each = each.outer) {
      if (each.recorder != null) {
        each.recorder.testRuns(begins);
      }
    }
  }

  /** Leaves open streams as they are, because a suite that never asked may still use them. */
  public void releaseNothing() {
    releases = false;
  }

  /** Returns whether it was left to another check. */
  public boolean isLeft() {
    return left;
  }

  /**
   * Leaves the test or class to another check, with all that it has opened and built. This one then
   * has no verdict.
   *
   * @param another null if it is not to be checked
   */
  public void leaveTo(@Nullable ScopeCheck another) {
    if (left) {
      return;
    }
    left = true;
    Owner heir = another == null ? null : another.owner;
    if (owner != null && heir != null) {
      owner.isReplacedBy(heir);
    }
    endWatch();
    GrpcStreamRecorder taking = another == null ? null : another.recorder;
    if (recorder != null) {
      if (taking != null) {
        recorder.moveOpenTo(taking, "");
      }
      recorder.close();
    }
  }

  // ---- the end ----

  /**
   * Judges the streams, releases those that are open, and shuts down.
   *
   * @param waitedAfter what is over now, such as {@code the test}, for the first line of a failure
   * @param sayIfUnused whether to publish a note if no stream was recorded
   * @return the problems that have to fail the test or class, the leak first; empty if it passes
   */
  public List<Throwable> end(
      TestHandle test, String waitedAfter, boolean sayIfUnused, Shutdown shutdown) {
    LeakSettings settings = Objects.requireNonNull(this.settings, "hold() comes first");
    List<Throwable> problems = new ArrayList<>();
    if (left) {
      return problems;
    }
    if (recorder != null && recorder.isClosed()) {
      test.publish(
          "streamleak.recorder-closed",
          "the recorder of "
              + name
              + " was closed before the test was over: calls that were started after that were not"
              + " recorded. Leave it to the check to close it");
    }
    List<Shutdown.Problem> whileClosing = new ArrayList<>(shutdown.closeClients());
    long ended = System.nanoTime();
    boolean unused = takeFromClasses();
    List<RecordedStream> open = List.of();
    StreamLeakPolicy policy = settings.policy(waitedAfter, run.wording().howToAllow());
    StreamVerdict verdict = null;
    if (recorder != null && settings.mode() != LeakMode.OFF) {
      verdict = recorder.check(policy, settings.grace());
      if (takeFromClasses()) {
        verdict = recorder.check(policy, settings.grace());
      }
      open = verdict.findings().stream().map(StreamFinding::stream).toList();
    }
    // Not before: while the check waits, a callback may start the next call, which is the test's.
    endWatch();
    if (recorder != null && releases) {
      Release.of(recorder, owner, settings.grace())
          .ifPresent(problem -> test.publish("streamleak.not-released", problem));
    }
    whileClosing.addAll(shutdown.shutDown(open));
    VerdictNotes.publishAfterwards(open, test);
    if (recorder != null && verdict != null) {
      // Only now, because the shutdown above has shut down the channels that were registered.
      verdict = verdict.with(recorder.channelsLeftOpen(policy));
      judged(verdict, settings, test, sayIfUnused, ended, problems);
    }
    for (Shutdown.Problem problem : whileClosing) {
      if (settings.mode() == LeakMode.FAIL || !problem.isFinding()) {
        problems.add(problem.thrown());
      } else if (settings.mode() == LeakMode.WARN) {
        test.publish("streamleak.shutdown", String.valueOf(problem.thrown().getMessage()));
      }
    }
    stopRecording();
    return problems;
  }

  /**
   * Takes from the classes around it what this test has opened on their channels. Returns whether
   * there was anything.
   */
  private boolean takeFromClasses() {
    if (recorder == null || owner == null) {
      return false;
    }
    int taken = 0;
    for (ScopeCheck each = outer; each != null; each = each.outer) {
      if (each.recorder != null) {
        taken += recorder.takeOpen(each.recorder, owner);
      }
    }
    return taken > 0;
  }

  private void judged(
      StreamVerdict found,
      LeakSettings settings,
      TestHandle test,
      boolean sayIfUnused,
      long ended,
      List<Throwable> problems) {
    boolean fails = settings.mode() == LeakMode.FAIL;
    StreamVerdict verdict = ledger == null ? found : ledger.excuseKnown(found);
    if (ledger != null && owner != null && recorder != null) {
      ledger.note(owner, verdict, fails, recorder::streams, ended);
    }
    boolean calledElsewhere = owner != null && owner.hasCalled();
    boolean blind = recorder != null && recorder.isClosed();
    if (verdict.streamCount() == 0 && sayIfUnused && !calledElsewhere && !blind) {
      test.publish("streamleak", nothingRecorded());
    }
    VerdictNotes.publish(verdict, settings.mode(), test);
    if (fails) {
      verdict
          .error()
          .map(error -> owner == null ? error : FailurePlace.in(owner, error))
          .ifPresent(problems::add);
      test.attach(failing(verdict));
    }
    allowances.note(verdict, settings.allowances(), test.hasFailed());
    List<String> unused = isOutermost ? allowances.unused() : List.of();
    unused.forEach(text -> test.publish("streamleak.unused-allowance", text));
    if (fails && settings.strictness() == Strictness.STRICT && !unused.isEmpty()) {
      problems.add(new AssertionError(String.join("\n", unused)));
    }
  }

  private String nothingRecorded() {
    return "no gRPC client stream was recorded in "
        + name
        + ": it started none"
        + (watch == null
            ? ", or none on a channel that is watched (" + run.wording().ownChannels() + ")"
            : watch.whatMayBeUnseen());
  }

  private static List<RecordedStream> failing(StreamVerdict verdict) {
    List<RecordedStream> streams = new ArrayList<>();
    verdict.leaks().forEach(leak -> streams.add(leak.stream()));
    verdict.breaches().stream()
        .filter(RuleBreach::fails)
        .forEach(breach -> breach.stream().ifPresent(streams::add));
    return streams;
  }

  /** Ends the check of a test that never began. */
  public void discard(Shutdown shutdown) {
    endWatch();
    if (recorder != null) {
      Optional<String> unused = Release.of(recorder, owner, GrpcStreamRecorder.DEFAULT_GRACE);
    }
    List<Shutdown.Problem> ignored = shutdown.shutDown(List.of());
    stopRecording();
  }

  private void endWatch() {
    if (ownerWatch != null) {
      ownerWatch.end();
      ownerWatch = null;
    }
    Marks unwatched = marks;
    if (unwatched != null && owner != null) {
      owner.over();
      unwatched.takeOff();
      marks = null;
    }
  }

  private void stopRecording() {
    if (recorder != null) {
      recorder.close();
    }
  }
}

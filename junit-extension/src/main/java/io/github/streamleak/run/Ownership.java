package io.github.streamleak.run;

import io.github.streamleak.recorder.CallOwner;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.run.CallStack.ThreadKind;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Decides which test or class of a run a call belongs to.
 *
 * <p>The first of these applies:
 *
 * <ol>
 *   <li>in a callback of a call: the owner of that call, even if it is over
 *   <li>the running test or class whose own thread it is
 *   <li>the one running test or class whose method is the innermost such method on the stack
 *   <li>the running test or class that has started the thread, unless it is a pool's
 *   <li>the running test that built the channel, unless that is shared
 *   <li>a test that is over and has started the thread, or built the channel
 *   <li>the only test that is running, unless there is evidence against it
 *   <li>the class that built the channel, else the class of all tests that run, else the run
 * </ol>
 *
 * <p>The order follows the strength of the evidence: what gRPC carries and whose thread it is
 * cannot be wrong, and "nothing else is running" is no more than likely. A stream whose owner is
 * over is late. It is charged to the class of that test while the class runs, and else to the run;
 * never to another test.
 */
final class Ownership {

  private final Owner run;
  private final boolean wholeRun;
  private final boolean seesEveryTest;
  private final List<Owner> running = new CopyOnWriteArrayList<>();

  /** The tests and classes that are over, by their methods: a stack may run through one of them. */
  private final Map<Place, Owner> over = new ConcurrentHashMap<>();

  /** Takes what the run answers for. */
  private final CallOwner ofTheRun;

  /** Takes what nothing ties to a test, a class or the run. */
  private final GrpcStreamRecorder unowned;

  /**
   * Makes an ownership without a running test.
   *
   * @param run the owner of what the run answers for; it has a recorder
   * @param unowned takes what nothing is known about
   * @param wholeRun whether every test of the run is checked
   * @param parallel whether two tests may run at the same time
   */
  Ownership(Owner run, GrpcStreamRecorder unowned, boolean wholeRun, boolean parallel) {
    this.run = run;
    this.ofTheRun = Objects.requireNonNull(run.asCallOwner(), "recorder of the run");
    this.unowned = unowned;
    this.wholeRun = wholeRun;
    // Unless the whole run is checked, tests that are not checked may run at the same time.
    this.seesEveryTest = wholeRun || !parallel;
  }

  /** Marks this thread: from now on, calls may belong to {@code owner}. */
  Marks begin(Owner owner) {
    running.add(owner);
    return Marks.set(owner);
  }

  /** Ends what {@link #begin} has begun: no further call belongs to {@code owner}. */
  void end(Owner owner, Marks marks) {
    owner.over();
    running.remove(owner);
    owner.places().forEach(place -> over.put(place, owner));
    marks.takeOff();
  }

  // ---- channels ----

  /** Returns who builds the channel that is being built on this thread; null if unknown. */
  @Nullable ChannelOrigin ofChannel() {
    CallStack stack = CallStack.here();
    if (stack.isOfTheRun()) {
      return ChannelOrigin.ofTheRun();
    }
    Owner builder = builderOnThisThread(stack);
    if (builder == null) {
      return null;
    }
    // On a thread of its own, other code may well build what the class has asked it for.
    return stack.isOfARunner()
        ? ChannelOrigin.builtBy(builder, stack.placesInTheRunner())
        : ChannelOrigin.builtBy(builder);
  }

  private @Nullable Owner builderOnThisThread(CallStack stack) {
    Owner inContext = inContext();
    if (inContext != null) {
      return inContext;
    }
    Owner ofThread = Marks.ofThisThread();
    if (ofThread != null) {
      return ofThread.isOf(run) ? ofThread : null;
    }
    Owner onStack = onStack(stack);
    if (onStack != null) {
      return onStack;
    }
    Owner starter = starterOfThisThread();
    if (starter != null && stack.threadKind() == ThreadKind.OWN) {
      return starter.isOf(run) ? starter : null;
    }
    return stack.isOfARunner() ? null : onlyTest();
  }

  // ---- calls ----

  /**
   * Returns the owner of a call that is made now on this thread; null if the call is not of this
   * run, or is not recorded.
   *
   * @param channel who has built the channel; null if unknown
   */
  @Nullable CallOwner ofCall(@Nullable ChannelOrigin channel) {
    Owner inContext = inContext();
    if (inContext != null) {
      return inContext.isRunning()
          ? called(channel, inContext)
          : late(inContext, "in a callback of one of its calls", null);
    }
    Owner ofThread = Marks.ofThisThread();
    if (ofThread != null) {
      return ofThread.isOf(run) ? called(channel, ofThread) : null;
    }
    CallStack stack = CallStack.here();
    ThreadKind kind = stack.threadKind();
    Owner onStack = onStack(stack);
    if (onStack != null) {
      return called(channel, onStack);
    }
    // What everybody shares has been started by anybody.
    Owner starter = kind == ThreadKind.SHARED ? null : starterOfThisThread();
    return starter == null || starter.isOf(run) ? byEvidence(stack, kind, starter, channel) : null;
  }

  private @Nullable CallOwner byEvidence(
      CallStack stack, ThreadKind kind, @Nullable Owner starter, @Nullable ChannelOrigin channel) {
    if (starter != null && starter.isRunning() && kind == ThreadKind.OWN) {
      return called(channel, starter);
    }
    Owner builder = channel == null ? null : channel.builder();
    if (builder != null && builder.isTest() && builder.isRunning()) {
      return called(channel, builder);
    }
    if (stack.isOfARunner() && !wholeRun) {
      // A test that is not checked makes the call.
      return null;
    }
    if (starter != null && !starter.isRunning() && kind == ThreadKind.OWN) {
      return late(starter, "on thread " + stack.threadName() + ", which it started", onlyTest());
    }
    if (builder != null && builder.isTest()) {
      return late(builder, "on a channel that it built", onlyTest());
    }
    return byWhatRuns(stack, kind, starter, channel);
  }

  private @Nullable CallOwner byWhatRuns(
      CallStack stack, ThreadKind kind, @Nullable Owner starter, @Nullable ChannelOrigin channel) {
    Owner onlyTest = onlyTest();
    Owner inCodeOf = overOnStack(stack);
    if (inCodeOf != null) {
      return late(inCodeOf, "by code of its own", onlyTest);
    }
    boolean repeated = stack.isOfARepeatedJob();
    if (starter != null && kind == ThreadKind.PRIVATE_POOL) {
      if (!starter.isRunning()) {
        return late(
            starter, "on thread " + stack.threadName() + " of a pool, which it started", onlyTest);
      }
      if (repeated) {
        // The job repeats whatever test is running. It belongs to whoever has started its pool.
        return called(channel, starter);
      }
    }
    if (onlyTest != null && !repeated && !stack.isOfARunner()) {
      return called(channel, onlyTest);
    }
    Owner builder = channel == null ? null : channel.builder();
    if (builder != null && builder.isRunning()) {
      return called(channel, builder);
    }
    Owner ofAll = repeated ? null : classOfAll();
    if (ofAll != null) {
      return called(channel, ofAll);
    }
    if (channel != null && channel.isShared() && wholeRun) {
      return ofTheRun;
    }
    return new CallOwner(
        unowned,
        null,
        "no test could be identified as its owner; it was opened on thread " + stack.threadName());
  }

  private @Nullable CallOwner called(@Nullable ChannelOrigin channel, Owner owner) {
    if (channel != null) {
      channel.isCalledOnFor(owner);
    }
    owner.calls();
    return owner.asCallOwner();
  }

  /**
   * Charges a stream whose owner is over.
   *
   * @param how what ties the stream to it
   * @param meanwhile the only test that is running, which is not charged; null if there is none
   */
  private @Nullable CallOwner late(Owner owner, String how, @Nullable Owner meanwhile) {
    Owner charged = owner.runningClass();
    GrpcStreamRecorder recorder = charged == null ? ofTheRun.recorder() : charged.recorder();
    if (recorder == null) {
      recorder = ofTheRun.recorder();
    }
    return new CallOwner(
        recorder,
        owner,
        "opened for "
            + owner
            + " (over), "
            + how
            + (meanwhile == null || meanwhile == owner ? "" : ", while " + meanwhile + " ran"));
  }

  // ---- evidence ----

  /**
   * Returns the owner of the call whose callback this thread runs; null if it is not of this run.
   */
  private @Nullable Owner inContext() {
    return ChannelWatch.ownerInContext() instanceof Owner owner && owner.isOf(run)
        ? owner.current()
        : null;
  }

  /**
   * Returns the owner that has started this thread; null if none is known. A thread that outlives
   * its run serves the next one, in which nobody has started it.
   */
  private static @Nullable Owner starterOfThisThread() {
    Owner starter = Marks.starterOfThisThread();
    return starter == null || starter.isOfARunThatIsOver() ? null : starter;
  }

  /** Returns the one running owner whose method is the innermost such on the stack. */
  private @Nullable Owner onStack(CallStack stack) {
    for (Place place : stack.places()) {
      List<Owner> found = running.stream().filter(owner -> owner.places().contains(place)).toList();
      if (!found.isEmpty()) {
        // Two invocations of one method decide nothing.
        return found.size() == 1 ? found.get(0) : null;
      }
    }
    return null;
  }

  private @Nullable Owner overOnStack(CallStack stack) {
    for (Place place : stack.places()) {
      if (running.stream().anyMatch(owner -> owner.places().contains(place))) {
        // Of one that runs again, beside another.
        return null;
      }
      Owner found = over.get(place);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Returns the only test that is running, where every test is known; null if there is none. */
  private @Nullable Owner onlyTest() {
    List<Owner> tests = tests();
    return tests.size() == 1 && seesEveryTest ? tests.get(0) : null;
  }

  private List<Owner> tests() {
    return running.stream().filter(Owner::isTest).toList();
  }

  /** Returns the innermost class that all running tests belong to; null if there is none. */
  private @Nullable Owner classOfAll() {
    if (!seesEveryTest) {
      return null;
    }
    List<Owner> tests = tests();
    Owner innermost = null;
    for (Owner owner : running) {
      if (!owner.isTest() && tests.stream().allMatch(test -> test.isWithin(owner))) {
        if (innermost != null && !owner.isWithin(innermost)) {
          return null;
        }
        innermost = owner;
      }
    }
    return innermost;
  }
}

package io.github.streamleak.run;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides which test or class of a run a call belongs to.
 *
 * <p>The first of these applies:
 *
 * <ol>
 *   <li>the test in the Context of the call, which gRPC carries into its callbacks
 *   <li>the test whose own thread the call is made on
 *   <li>the test that has started the thread, unless it is the thread of a pool, which other tests
 *       may share
 *   <li>the only test that is running
 *   <li>the one test whose method, or else whose class, the stack runs through
 *   <li>the class, if all running tests are of one class
 *   <li>the run
 * </ol>
 *
 * <p>A job that an executor repeats falls into any test. It is charged neither to the only test
 * running nor to a class, but to the test that has started its thread, or else to the run.
 *
 * <p>The order follows the strength of the evidence: Context and thread cannot be wrong, a stack
 * may be that of a helper, and "nothing else is running" is no more than likely. A stack is taken
 * only if Context and thread give no answer, because it costs more than all other recording of a
 * call.
 */
final class Ownership {

  private final Owner run;
  private final boolean wholeRun;
  private final boolean seesEveryTest;
  private final List<Owner> running = new CopyOnWriteArrayList<>();

  /**
   * Makes an ownership without a running test.
   *
   * @param wholeRun whether every test of the run is checked
   * @param parallel whether two tests may run at the same time
   */
  Ownership(Owner run, boolean wholeRun, boolean parallel) {
    this.run = run;
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
    marks.takeOff();
  }

  /**
   * Returns the owner of a call that is made now on this thread. Null if the call is not of this
   * run, or if it has no owner and the run is not checked as a whole.
   */
  @Nullable Owner ofCall() {
    Owner inContext = Marks.inContext();
    if (inContext != null && inContext.isOf(run) && inContext.isRunning()) {
      return inContext;
    }
    Owner ofThread = Marks.ofThisThread();
    if (ofThread != null) {
      return ofThread.isOf(run) ? ofThread : null;
    }
    return onAThreadOfNobody(Marks.starterOfThisThread());
  }

  private @Nullable Owner onAThreadOfNobody(@Nullable Owner starter) {
    CallStack stack = CallStack.here();
    if (stack.isOfARunner()) {
      // The call is made by a test that is not checked, or by the runner between two tests.
      return nobody();
    }
    if (starter != null && !stack.isOfASharedPool()) {
      if (!starter.isOf(run)) {
        return null;
      }
      // A test that is over has its verdict already. What its threads open now has no owner.
      return starter.isRunning() ? starter : nobody();
    }
    List<Owner> tests = running.stream().filter(Owner::isTest).toList();
    boolean repeated = stack.isOfARepeatedJob();
    if (tests.size() == 1 && seesEveryTest && !repeated) {
      return tests.get(0);
    }
    Owner onStack = only(tests, stack::passesMethodOf);
    if (onStack == null) {
      onStack = only(tests, stack::passesClassOf);
    }
    if (onStack != null) {
      return onStack;
    }
    if (repeated) {
      // The job repeats whatever test is running. It belongs to whoever has started its pool.
      return starter != null && starter.isOf(run) && starter.isRunning() ? starter : nobody();
    }
    Owner ofAll = classOf(tests);
    return ofAll == null ? nobody() : ofAll;
  }

  private static @Nullable Owner only(List<Owner> tests, Predicate<Owner> matches) {
    List<Owner> found = tests.stream().filter(matches).toList();
    return found.size() == 1 ? found.get(0) : null;
  }

  /** Returns the innermost class that all running tests belong to; null if there is none. */
  private @Nullable Owner classOf(List<Owner> tests) {
    if (!seesEveryTest) {
      return null;
    }
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

  private @Nullable Owner nobody() {
    return wholeRun ? run : null;
  }
}

package io.github.streamleak.run;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Whose a call is, among the tests and classes of one run.
 *
 * <p>A call belongs to the test in its Context, which gRPC carries into its callbacks; else to the
 * test whose thread it is made on; else, on a thread that is nobody's, to the only test running.
 * With several running, a thread that a test has started speaks for it unless it is a pool's, which
 * other tests may share; and so does a stack that runs through one of them. A job that an executor
 * repeats is not charged to the test that it falls into, but to the one that has started its
 * thread. What is left belongs to the class, if all that run are of one class, else to the run.
 *
 * <p>The order is by how hard the evidence is: the first two cannot be wrong, a stack may be that
 * of a helper, and that nothing else runs is no more than likely. A stack is taken only where the
 * first two have no answer, for it costs more than all the rest of recording a call.
 */
final class Ownership {

  private final Owner run;
  private final boolean wholeRun;
  private final boolean seesEveryTest;
  private final List<Owner> running = new CopyOnWriteArrayList<>();

  /**
   * Begins with no test running.
   *
   * @param wholeRun whether every test of the run is checked
   * @param parallel whether two tests may run at the same time
   */
  Ownership(Owner run, boolean wholeRun, boolean parallel) {
    this.run = run;
    this.wholeRun = wholeRun;
    // Only some tests are checked unless the whole run is: another may run beside those.
    this.seesEveryTest = wholeRun || !parallel;
  }

  /** From now on, calls may be those of {@code owner}, above all on this thread. */
  Marks begin(Owner owner) {
    running.add(owner);
    return Marks.set(owner);
  }

  /** No further call belongs to {@code owner}. */
  void end(Owner owner, Marks marks) {
    owner.over();
    running.remove(owner);
    marks.takeOff();
  }

  /**
   * Returns whose a call is that is made here and now. Null if it is not of this run, or nobody's
   * in a run that is not checked as a whole.
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
      // A test that is not checked, or what a runner does between tests.
      return nobody();
    }
    if (starter != null && !stack.isOfASharedPool()) {
      if (!starter.isOf(run)) {
        return null;
      }
      // A test that is over has its verdict: what its threads still open is nobody's.
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
      // It runs on its own account, whichever test it falls into: whoever started its pool did it.
      return starter != null && starter.isOf(run) && starter.isRunning() ? starter : nobody();
    }
    Owner ofAll = classOf(tests);
    return ofAll == null ? nobody() : ofAll;
  }

  private static @Nullable Owner only(List<Owner> tests, Predicate<Owner> matches) {
    List<Owner> found = tests.stream().filter(matches).toList();
    return found.size() == 1 ? found.get(0) : null;
  }

  /** The class that all running tests are of, or the innermost of classes nested in each other. */
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

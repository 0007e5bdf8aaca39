package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.run.EarlyWatch;
import io.github.streamleak.run.LeakSettings;
import io.github.streamleak.run.Names;
import io.github.streamleak.run.ScopeCheck;
import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Everything that belongs to one test or to one class: its check, and the fixture whose channels
 * are checked.
 *
 * <p>The two are kept together because they end together and in one order: first comes the verdict,
 * then the shutdown.
 */
final class LeakScope {

  private final Class<?> testClass;
  private final Fixture fixture;
  private final ScopeCheck check;

  /**
   * Makes a scope that has not begun.
   *
   * @param context the context of the test or class, or that of the class whose constructor runs
   * @param name how messages name it
   * @param outer the scope of the class around it; null if there is none
   * @param recorder the recorder of its streams; null if nothing is recorded
   */
  LeakScope(
      ExtensionContext context,
      String name,
      @Nullable LeakScope outer,
      @Nullable GrpcStreamRecorder recorder) {
    this.testClass = context.getRequiredTestClass();
    this.fixture = new Fixture(name, outer == null ? null : outer.fixture, recorder);
    this.check =
        ScopeCheck.of(
            JupiterRunner.runOf(context), name, recorder, outer == null ? null : outer.check);
  }

  /** Returns how messages name a test or class. */
  static String nameOf(ExtensionContext context) {
    return Names.of(context.getRequiredTestClass())
        + context.getTestMethod().map(method -> "." + method.getName()).orElse("");
  }

  /** Returns the class that it was made for. */
  Class<?> testClass() {
    return testClass;
  }

  Fixture fixture() {
    return fixture;
  }

  /** Sets what streams are held to. The verdict follows the last call. */
  void hold(LeakSettings settings) {
    check.hold(settings);
  }

  /** Begins: from now on, streams on channels that others have built may belong to this scope. */
  void begin(ExtensionContext context) {
    fixture.isNowCalled(nameOf(context));
    check.begin(
        context.getRequiredTestClass(),
        OwnCode.of(context),
        nameOf(context),
        context.getTestMethod().map(Method::getName),
        context.getUniqueId(),
        context.getDisplayName());
  }

  /**
   * Begins with the constructor that makes the instance for a test.
   *
   * @param around the scope of its class; null if there is none
   */
  void beginConstruction(ExtensionContext context, @Nullable LeakScope around) {
    check.beginConstruction(
        context.getRequiredTestClass(),
        OwnCode.constructors(context.getRequiredTestClass()),
        around == null ? null : around.check);
  }

  /** Takes what was seen on this thread before the first callback. */
  void claim(EarlyWatch early) {
    check.claim(early);
  }

  /** The test's own code begins, or is over. */
  void testRuns(boolean begins) {
    check.testRuns(begins);
  }

  /** Leaves open streams as they are, because a suite that never asked may still use them. */
  void releaseNothing() {
    check.releaseNothing();
  }

  /** Returns whether it was left to another check. */
  boolean isLeft() {
    return check.isLeft();
  }

  /**
   * Leaves the test or class to another scope, with all that it has opened and built. This one then
   * has no verdict.
   *
   * @param another null if it is not to be checked
   */
  void leaveTo(@Nullable LeakScope another) {
    check.leaveTo(another == null ? null : another.check);
  }

  /**
   * Judges the streams, releases those that are open, and shuts down.
   *
   * @return the problems that have to fail the test, the leak first; empty if it passes
   */
  List<Throwable> end(ExtensionContext context, String waitedAfter, boolean sayIfUnused) {
    List<Throwable> problems =
        check.end(new JupiterTest(context), waitedAfter, sayIfUnused, fixture);
    fixture.giveBackName();
    return problems;
  }

  /** Ends a scope whose test never began. */
  void discard() {
    check.discard(fixture);
    fixture.giveBackName();
  }
}

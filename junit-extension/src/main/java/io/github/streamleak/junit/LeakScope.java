package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.run.LeakSettings;
import io.github.streamleak.run.Names;
import io.github.streamleak.run.ScopeCheck;
import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * All that belongs to one test or to one class: its check, and the fixture whose channels are
 * checked.
 *
 * <p>The two end together and in one order, which is why they are kept together: first the verdict,
 * then the shutdown.
 */
final class LeakScope {

  private final Class<?> testClass;
  private final Fixture fixture;
  private final ScopeCheck check;

  /**
   * Makes a scope that has not begun.
   *
   * @param context any of the run that it is part of
   * @param name how messages name it
   * @param outer the scope of the class around it
   * @param recorder of its streams; null if nothing is recorded
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

  /** Returns how messages name the scope of a test or class: without its package. */
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

  /** Says what the verdict will go by; the last word counts. */
  void hold(LeakSettings settings) {
    check.hold(settings);
  }

  /** From now on, streams on channels that nobody handed over may be those of this scope. */
  void begin(ExtensionContext context) {
    check.begin(
        context.getRequiredTestClass(),
        context.getTestMethod().map(Method::getName),
        context.getUniqueId(),
        context.getDisplayName());
  }

  /** Leaves what is open as it is: a suite that exists may yet use it. */
  void releaseNothing() {
    check.releaseNothing();
  }

  /** Leaves the test or class to another check, and says nothing at the end. */
  void leaveToAnother() {
    check.leaveToAnother();
  }

  /**
   * Judges, releases what is open, and shuts down.
   *
   * @return what has to fail the test, the leak first; empty if nothing has
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

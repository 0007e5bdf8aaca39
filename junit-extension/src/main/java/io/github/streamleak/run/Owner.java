package io.github.streamleak.run;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.report.ReportEntry;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The test, class or run that a stream is charged to: its names and, while it runs, the recorder of
 * its streams.
 *
 * <p>A test has one owner from its first callback to its verdict. Threads and gRPC Contexts carry
 * the owner to the calls that the test makes, the watch asks it for the recorder, and the report
 * takes its names. A pool keeps what its threads have inherited for as long as it lives, so an
 * owner whose test is over lets go of the recorder and with it of all streams.
 */
final class Owner {

  private final @Nullable Owner run;
  private final @Nullable Class<?> testClass;
  private final Optional<String> method;
  private final String id;
  private final String name;
  private final String shown;
  private volatile @Nullable GrpcStreamRecorder recorder;
  private volatile boolean running = true;

  private Owner(
      @Nullable Owner run,
      @Nullable Class<?> testClass,
      Optional<String> method,
      String id,
      String name,
      String shown) {
    this.run = run;
    this.testClass = testClass;
    this.method = method;
    this.id = id;
    this.name = name;
    this.shown = shown;
  }

  /** Returns the owner of everything in a new run that belongs to no test and no class. */
  static Owner ofRun() {
    return new Owner(null, null, Optional.empty(), "", "the run", "the run");
  }

  /**
   * Returns a test or class of this run.
   *
   * @param method the name of the test method; empty for a class
   * @param id the id by which the test framework knows it in every run
   * @param name how messages name it
   * @param shown the name that the test framework shows
   * @param recorder null for a test that is not checked. It has an owner all the same, so that its
   *     streams are not charged to another test
   */
  Owner member(
      Class<?> testClass,
      Optional<String> method,
      String id,
      String name,
      String shown,
      @Nullable GrpcStreamRecorder recorder) {
    Owner member = new Owner(this, testClass, method, id, name, shown);
    member.recorder = recorder;
    return member;
  }

  /**
   * Returns whether this is a test or class of {@code run}. A run may be started inside another.
   */
  boolean isOf(Owner run) {
    return this.run == run;
  }

  boolean isTest() {
    return method.isPresent();
  }

  /** Returns the name of the test method; empty for a class and the run. */
  Optional<String> method() {
    return method;
  }

  /** Returns the id by which the test framework knows it in every run; empty for the run. */
  String id() {
    return id;
  }

  /** Returns the test class; null for the run. */
  @Nullable Class<?> testClass() {
    return testClass;
  }

  /** Returns whether its class is that of {@code outer}, or is nested in it. */
  boolean isWithin(Owner outer) {
    for (Class<?> c = testClass; c != null; c = c.getEnclosingClass()) {
      if (c == outer.testClass) {
        return true;
      }
    }
    return false;
  }

  // ---- while it runs ----

  /** Sets where the streams of this owner are recorded from now on. */
  void recordInto(GrpcStreamRecorder recorder) {
    this.recorder = recorder;
  }

  /** Returns the recorder of its streams; null if they are not recorded, or if it is over. */
  @Nullable GrpcStreamRecorder recorder() {
    return recorder;
  }

  boolean isRunning() {
    return running;
  }

  /** No further stream belongs to this owner. */
  void over() {
    running = false;
    recorder = null;
  }

  // ---- in messages and in the report ----

  /** Charges a finding to this owner. */
  ReportEntry.Builder charge(ReportEntry.Builder finding) {
    if (testClass == null) {
      // An entry belongs to the run unless it is told otherwise.
      return finding;
    }
    String className = testClass.getName();
    ReportEntry.Builder mine =
        isTest()
            ? finding.ofTest(className, method.get(), shown)
            : finding.ofClass(className, shown);
    return mine.uniqueId(id);
  }

  /** Returns how messages name it. */
  @Override
  public String toString() {
    return name;
  }
}

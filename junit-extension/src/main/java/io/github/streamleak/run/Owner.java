package io.github.streamleak.run;

import io.github.streamleak.recorder.CallOwner;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.report.ReportEntry;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
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

  /** The class around it, if that is an owner too. */
  private volatile @Nullable Owner outer;

  private volatile @Nullable Class<?> testClass;

  /** The methods that are its own: what runs in one of them is done for it. */
  private volatile Set<Place> places;

  private final boolean test;
  private volatile Identity names;
  private volatile @Nullable CallOwner asCallOwner;
  private volatile boolean running = true;
  private volatile boolean hasCalled;

  /** Who has taken its place: two checks may begin one test, and one of them leaves it. */
  private volatile @Nullable Owner successor;

  /**
   * How it is called.
   *
   * @param method the name of the test method; empty for a class, and while it is not known
   * @param id the id by which the test framework knows it in every run
   * @param name how messages name it
   * @param shown the name that the test framework shows
   */
  record Identity(Optional<String> method, String id, String name, String shown) {}

  private Owner(
      @Nullable Owner run,
      @Nullable Owner outer,
      @Nullable Class<?> testClass,
      boolean test,
      Set<Place> places,
      Identity names) {
    this.run = run;
    this.outer = outer;
    this.testClass = testClass;
    this.test = test;
    this.places = places;
    this.names = names;
  }

  /** Returns the owner of everything in a new run that belongs to no test and no class. */
  static Owner ofRun() {
    return new Owner(
        null,
        null,
        null,
        false,
        Set.of(),
        new Identity(Optional.empty(), "", "the run", "the run"));
  }

  /**
   * Returns a test or class of this run.
   *
   * @param outer the class around it; null if that is no owner
   * @param test whether it is a test
   * @param places the methods that are its own
   * @param recorder null for a test that is not checked. It has an owner all the same, so that its
   *     streams are not charged to another test
   */
  Owner member(
      @Nullable Owner outer,
      Class<?> testClass,
      boolean test,
      Set<Place> places,
      Identity names,
      @Nullable GrpcStreamRecorder recorder) {
    Owner member = new Owner(this, outer, testClass, test, places, names);
    if (recorder != null) {
      member.recordInto(recorder);
    }
    return member;
  }

  /** Says which test it is: that is not known yet while the constructor of its class runs. */
  void isNow(Set<Place> places, Identity names) {
    this.places = places;
    this.names = names;
  }

  /**
   * Says that the instance around the one that is made for it now was made for it too.
   *
   * @param outer the class of the inner instance, if that is an owner
   */
  void isNowIn(@Nullable Owner outer, Class<?> testClass, Set<Place> places) {
    Set<Place> all = new HashSet<>(this.places);
    all.addAll(places);
    this.outer = outer;
    this.testClass = testClass;
    this.places = Set.copyOf(all);
  }

  /** Ends in favour of another owner of the same test or class, which has all that was its. */
  void isReplacedBy(Owner other) {
    successor = other;
  }

  /** Returns the owner that has taken its place, else itself. */
  Owner current() {
    Owner last = this;
    for (Owner next = last.successor; next != null; next = last.successor) {
      last = next;
    }
    return last;
  }

  /**
   * Returns whether this is a test or class of {@code run}. A run may be started inside another.
   */
  boolean isOf(Owner run) {
    return this.run == run;
  }

  boolean isOfARunThatIsOver() {
    return run != null && !run.running;
  }

  boolean isTest() {
    return test;
  }

  /** Returns the name of the test method; empty for a class and the run. */
  Optional<String> method() {
    return names.method;
  }

  /** Returns the id by which the test framework knows it in every run; empty for the run. */
  String id() {
    return names.id;
  }

  /** Returns the test class; null for the run. */
  @Nullable Class<?> testClass() {
    return testClass;
  }

  Set<Place> places() {
    return places;
  }

  /** Returns whether code stands in its class, or in one that this extends, is in or has in it. */
  boolean hasWritten(Place code) {
    Class<?> type = code.type();
    for (Class<?> c = testClass; c != null; c = c.getEnclosingClass()) {
      if (type != Object.class && type.isAssignableFrom(c)) {
        return true;
      }
    }
    Class<?> known = testClass;
    return known != null && type.getNestHost() == known.getNestHost();
  }

  /** Returns whether its class is that of {@code outer}, or is nested in it. */
  boolean isWithin(Owner outer) {
    Class<?> around = outer.testClass;
    for (Class<?> c = testClass; c != null; c = c.getEnclosingClass()) {
      if (c == around) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether {@code around} is one of the classes around it. */
  boolean isInside(Owner around) {
    for (Owner each = outer; each != null; each = each.outer) {
      if (each == around) {
        return true;
      }
    }
    return false;
  }

  // ---- while it runs ----

  /** Sets where the streams of this owner are recorded from now on. */
  void recordInto(GrpcStreamRecorder recorder) {
    this.asCallOwner = new CallOwner(recorder, this, "");
  }

  /** Returns it as a recorder takes it; null if it is over, or if nothing of it is recorded. */
  @Nullable CallOwner asCallOwner() {
    return asCallOwner;
  }

  /** Returns the recorder of its streams; null if they are not recorded, or if it is over. */
  @Nullable GrpcStreamRecorder recorder() {
    CallOwner known = asCallOwner;
    return known == null ? null : known.recorder();
  }

  /** Returns the innermost class around it that runs and is recorded; null if there is none. */
  @Nullable Owner runningClass() {
    for (Owner each = outer; each != null; each = each.outer) {
      if (each.recorder() != null) {
        return each;
      }
    }
    return null;
  }

  /** Notes that it has made a call, on whichever channel. */
  void calls() {
    if (!hasCalled) {
      hasCalled = true;
    }
  }

  /** Returns whether it has made a call: its class may have recorded it. */
  boolean hasCalled() {
    return hasCalled;
  }

  boolean isRunning() {
    return running;
  }

  /** No further stream belongs to this owner. */
  void over() {
    running = false;
    asCallOwner = null;
  }

  // ---- in messages and in the report ----

  /** Charges a finding to this owner. */
  ReportEntry.Builder charge(ReportEntry.Builder finding) {
    Class<?> known = testClass;
    if (known == null) {
      // An entry belongs to the run unless it is told otherwise.
      return finding;
    }
    String className = known.getName();
    ReportEntry.Builder mine =
        isTest()
            ? finding.ofTest(className, names.method.orElse(""), names.shown)
            : finding.ofClass(className, names.shown);
    return mine.uniqueId(names.id);
  }

  /** Returns how messages name it. */
  @Override
  public String toString() {
    return names.name;
  }
}

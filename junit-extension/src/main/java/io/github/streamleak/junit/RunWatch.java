package io.github.streamleak.junit;

import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.Context;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/**
 * The watch over every channel of one JUnit run, and whose each stream is.
 *
 * <p>Basic approach: a test marks its thread and its gRPC Context. A call belongs to the test in
 * its Context, which gRPC carries into its callbacks; else to the test whose thread it is made on;
 * else, on a thread that is nobody's, to the only test running. With several running, a thread that
 * a test has started speaks for it unless it is a pool's, which other tests may share; and so does
 * a stack that runs through one of them. A job that an executor repeats is not charged to a test it
 * falls into, but to the one that started its thread. What is left belongs to the class, if all
 * that run are of one class, else to the run, whose verdict comes when the engine closes.
 */
final class RunWatch implements CloseableResource, AutoCloseable {

  private static final Namespace NAMESPACE = Namespace.create(RunWatch.class);

  private static final String HOW_TO_ALLOW =
      "streamleak.ignore = %s: why it may stay open (a configuration parameter)";

  private static final Context.Key<Opener> IN_CONTEXT = Context.key("io.github.streamleak.junit");

  /** Inherited by the threads that a test starts; who set it is in it. */
  private static final InheritableThreadLocal<@Nullable Mark> MARK = new InheritableThreadLocal<>();

  /** Threads of these are shared: what they run need not be of the test that started them. */
  private static final List<String> POOLS =
      List.of(
          "java.util.concurrent.ThreadPoolExecutor$Worker",
          "java.util.concurrent.ForkJoinWorkerThread",
          "java.util.TimerThread",
          "kotlinx.coroutines.scheduling.CoroutineScheduler$Worker",
          "kotlinx.coroutines.DefaultExecutor",
          "io.netty.util.concurrent.SingleThreadEventExecutor",
          "io.grpc.netty.shaded.io.netty.util.concurrent.SingleThreadEventExecutor");

  /**
   * A thread that these run is a test's own; one that is not marked is that of an unchecked test.
   */
  private static final List<String> RUNNERS =
      List.of(
          "org.junit.platform.engine.support.hierarchical.NodeTestTask",
          "org.junit.runners.ParentRunner",
          "org.testng.internal");

  /**
   * The code that runs under a timeout of JUnit's, in a pool that it makes for one test: such a
   * thread is that test's own. The first up to JUnit 6.0, the second later.
   */
  private static final List<String> TIMEOUTS =
      List.of(
          "org.junit.jupiter.api.AssertTimeoutPreemptively",
          "org.junit.jupiter.api.timeout.PreemptiveTimeoutUtils");

  /** What the JDK's executors run a task with that repeats, and no other. */
  private static final String REPEATED = "java.util.concurrent.FutureTask.runAndReset";

  /** An opener on a thread; below it what the thread was marked with before. */
  private record Mark(Opener opener, Thread thread, @Nullable Mark below) {}

  /** Takes the mark of {@link #begin} off again. */
  final class Marking {
    private final Opener opener;
    private final Context before;
    private final Context attached;

    private Marking(Opener opener) {
      this.opener = opener;
      MARK.set(new Mark(opener, Thread.currentThread(), MARK.get()));
      attached = Context.current().withValue(IN_CONTEXT, opener);
      before = attached.attach();
    }

    /** No further stream belongs to the opener. */
    void end() {
      opener.over();
      running.remove(opener);
      // It may have taken a load balancing policy of its own away, and no check need follow.
      watch.refresh();
      Mark mark = MARK.get();
      if (mark != null && mark.opener == opener) {
        if (mark.below == null) {
          MARK.remove();
        } else {
          MARK.set(mark.below);
        }
      }
      // A test may have left a Context of its own behind; that is not ours to complain about.
      if (Context.current() == attached) {
        attached.detach(before);
      }
    }
  }

  private final ChannelWatch watch;
  private final LeakSettings settings;
  private final boolean wholeRun;
  private final boolean parallel;
  private final List<Opener> running = new CopyOnWriteArrayList<>();
  private final GrpcStreamRecorder leftOver = GrpcStreamRecorder.create();
  private final RunLedger ledger;

  private RunWatch(ExtensionContext root, LeakSettings settings) {
    this.settings = settings;
    this.ledger = RunLedger.of(root);
    this.wholeRun = LeakSettings.watch(root) == LeakSettings.Watch.ALL;
    this.parallel =
        root.getConfigurationParameter("junit.jupiter.execution.parallel.enabled")
            .map(Boolean::parseBoolean)
            .orElse(false);
    this.watch = ChannelWatch.start(this::ownerOfCall);
  }

  /** Returns the watch of this run if it was started. */
  static Optional<RunWatch> started(ExtensionContext context) {
    return Optional.ofNullable(
        context.getRoot().getStore(NAMESPACE).get(RunWatch.class, RunWatch.class));
  }

  /** Returns the watch of this run, started when first asked for; empty if it has none. */
  static Optional<RunWatch> of(ExtensionContext context) {
    ExtensionContext root = context.getRoot();
    if (LeakSettings.watch(root) == LeakSettings.Watch.OWN) {
      return Optional.empty();
    }
    Store store = root.getStore(NAMESPACE);
    synchronized (NAMESPACE) {
      RunWatch known = store.get(RunWatch.class, RunWatch.class);
      if (known == null) {
        known = new RunWatch(root, LeakSettings.ofRun(root));
        store.put(RunWatch.class, known);
      }
      return Optional.of(known);
    }
  }

  /** From now on, until the marking ends, streams may be those of a test or class. */
  Marking begin(
      @Nullable GrpcStreamRecorder recorder, Class<?> testClass, Optional<String> method) {
    // Somebody may have set configurators of his own since.
    watch.refresh();
    Opener opener = new Opener(this, recorder, testClass, method);
    running.add(opener);
    return new Marking(opener);
  }

  /** For a test without a stream: where it may have had one all the same. */
  String whatMayBeUnseen() {
    return watch.coverage() == Coverage.WHOLE
        ? ""
        : ", or none that reached a transport: gRPC's configurators cannot be reached, so only the"
            + " transport's side is seen of channels that are not injected or attached";
  }

  // ---- whose a call is ----

  private @Nullable GrpcStreamRecorder ownerOfCall() {
    Opener inContext = IN_CONTEXT.get();
    if (inContext != null && inContext.run() == this && inContext.isRunning()) {
      return inContext.recorder();
    }
    Mark mark = MARK.get();
    for (Mark m = mark; m != null; m = m.below) {
      if (m.thread == Thread.currentThread() && m.opener.isRunning()) {
        return m.opener.run() == this ? m.opener.recorder() : null;
      }
    }
    return ownerOnAThreadOfNobody(mark);
  }

  private @Nullable GrpcStreamRecorder ownerOnAThreadOfNobody(@Nullable Mark inherited) {
    StackTraceElement[] stack = new Throwable().getStackTrace();
    if (runsThrough(stack, RUNNERS)) {
      // A test that is not checked, or what a runner does between tests.
      return leftOver();
    }
    if (inherited != null && (!runsThrough(stack, POOLS) || runsThrough(stack, TIMEOUTS))) {
      Opener starter = inherited.opener;
      if (starter.run() != this) {
        return null;
      }
      // A test that is over has its verdict: what its threads still open is nobody's.
      return starter.isRunning() ? starter.recorder() : leftOver();
    }
    List<Opener> tests = running.stream().filter(Opener::isTest).toList();
    boolean repeated = isRepeated(stack);
    if (tests.size() == 1 && seesEveryTest() && !repeated) {
      return tests.get(0).recorder();
    }
    Opener only = only(tests.stream().filter(test -> test.isMethodIn(stack)).toList());
    if (only == null) {
      only = only(tests.stream().filter(test -> test.isClassIn(stack)).toList());
    }
    if (only != null) {
      return only.recorder();
    }
    if (repeated) {
      return ownerOfAJob(inherited);
    }
    Opener ofAll = classOf(tests);
    return ofAll == null ? leftOver() : ofAll.recorder();
  }

  /** A job runs on its own account, whichever test it falls into: whoever started its pool did. */
  private @Nullable GrpcStreamRecorder ownerOfAJob(@Nullable Mark inherited) {
    return inherited != null && inherited.opener.run() == this && inherited.opener.isRunning()
        ? inherited.opener.recorder()
        : leftOver();
  }

  private static boolean isRepeated(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (REPEATED.equals(frame.getClassName() + "." + frame.getMethodName())) {
        return true;
      }
    }
    return false;
  }

  private static boolean runsThrough(StackTraceElement[] stack, List<String> classes) {
    for (StackTraceElement frame : stack) {
      for (String name : classes) {
        if (frame.getClassName().startsWith(name)) {
          return true;
        }
      }
    }
    return false;
  }

  private static @Nullable Opener only(List<Opener> openers) {
    return openers.size() == 1 ? openers.get(0) : null;
  }

  /** The class that all running tests are of, or the innermost of classes nested in each other. */
  private @Nullable Opener classOf(List<Opener> tests) {
    if (!seesEveryTest()) {
      return null;
    }
    Opener innermost = null;
    for (Opener opener : running) {
      if (!opener.isTest()
          && tests.stream().allMatch(test -> isWithin(test.testClass(), opener.testClass()))) {
        if (innermost != null && !isWithin(opener.testClass(), innermost.testClass())) {
          return null;
        }
        innermost = opener;
      }
    }
    return innermost;
  }

  private static boolean isWithin(Class<?> type, Class<?> outer) {
    for (Class<?> c = type; c != null; c = c.getEnclosingClass()) {
      if (c == outer) {
        return true;
      }
    }
    return false;
  }

  /** Only some tests are checked unless the whole run is: another may run beside those. */
  private boolean seesEveryTest() {
    return wholeRun || !parallel;
  }

  private @Nullable GrpcStreamRecorder leftOver() {
    return wholeRun ? leftOver : null;
  }

  // ---- the end of the run ----

  /** Judges what is nobody's, when the engine closes. A leak then fails the run. */
  @Override
  public void close() {
    Coverage reach = watch.coverage();
    long channels = watch.channelCount();
    watch.close();
    if (!wholeRun) {
      leftOver.close();
      return;
    }
    long ended = System.nanoTime();
    StreamLeakPolicy policy = settings.policy("the run, and of no test in it", HOW_TO_ALLOW);
    StreamVerdict verdict = ledger.excuseKnown(leftOver.check(policy, settings.grace()));
    leftOver.close();
    boolean fails = settings.mode() == LeakCheckMode.FAIL;
    ledger.countChannels(channels);
    sayWhatWasSeen(verdict, reach, channels);
    ledger.note(RunLedger.Owner.ofRun(), verdict, fails, leftOver::streams, ended);
    List<String> unused = summarize(verdict);
    if (fails) {
      Optional<? extends Error> error = verdict.error();
      if (error.isEmpty() && settings.strictness() == Strictness.STRICT && !unused.isEmpty()) {
        error = Optional.of(new AssertionError(String.join("\n", unused)));
      }
      error.ifPresent(RunWatch::fail);
    }
  }

  private static void fail(Error error) {
    throw error;
  }

  private void sayWhatWasSeen(StreamVerdict verdict, Coverage reach, long channels) {
    if (reach == Coverage.TRANSPORT_ONLY) {
      ledger.sawTheTransportOnly();
      ledger.warn(
          "gRPC's configurators are out of reach: only the transport's side of streams was seen");
    } else if (channels == 0 && !ledger.sawStreams() && verdict.streamCount() == 0) {
      ledger.warn("the check for gRPC stream leaks is on, and not one channel was built");
    }
  }

  /** Says what is of no test, and returns the allowances that excused nothing. */
  private List<String> summarize(StreamVerdict verdict) {
    if (verdict.hasLeaks() && settings.mode() == LeakCheckMode.WARN) {
      RunLog.warn("{0}", verdict.describe());
    }
    List<String> unused =
        settings.allowances().stream()
            .filter(allowance -> !ledger.hasUsed(allowance.allowance()))
            .map(LeakSettings.Allowance::unused)
            .toList();
    unused.forEach(ledger::warn);
    for (StreamFinding.Allowed allowed : verdict.allowed()) {
      StreamAllowance allowance = allowed.allowance();
      RunLog.info("allowed: {0}: {1}", allowed.stream().fullMethodName(), allowance.reason());
    }
    return unused;
  }
}

package io.github.streamleak.benchmarks;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.ManagedChannel;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What is kept, on the heap after a full collection: of many streams with a recorder, less that of
 * as many streams without.
 */
final class Heap {

  private static final double KIB = 1024;
  private static final int TIMES = 4;
  private static final String ADDED = "what the recorder adds";

  private final Effort effort;

  Heap(Effort effort) {
    this.effort = effort;
  }

  List<Row> measure() {
    List<Row> rows = new ArrayList<>();
    int many = Math.max(50, effort.mostStreams() / 10);
    for (int frames : new int[] {20, 80}) {
      String at = ", " + frames + " frames";
      double open = perStream(many, frames, Variant.RECORDER, true);
      double openBare = perStream(many, frames, Variant.BARE, true);
      double closed = perStream(many, frames, Variant.RECORDER, false);
      double closedNoStack = perStream(many, frames, Variant.RECORDER_NO_STACKS, false);
      double openNoStack = perStream(many, frames, Variant.RECORDER_NO_STACKS, true);
      boolean budgeted = frames == 20;
      rows.add(
          row("an open stream" + at, ADDED, open - openBare, budgeted ? 1.5 * KIB : Double.NaN));
      rows.add(row("an open stream" + at, "without stacks", openNoStack - openBare, Double.NaN));
      rows.add(row("an open stream" + at, "what gRPC holds", openBare, Double.NaN));
      rows.add(row("a closed stream, kept" + at, ADDED, closed, budgeted ? 512 : Double.NaN));
      rows.add(row("a closed stream, kept" + at, "without stacks", closedNoStack, Double.NaN));
    }
    // What of the figures above a stack takes, which no recorder that has stacks can do without.
    rows.add(row("a Throwable that nobody read, 20 frames", ADDED, throwable(many), Double.NaN));
    rows.add(
        row(
            "allocated per message, server streaming in-process",
            ADDED,
            perMessage(Variant.RECORDER) - perMessage(Variant.BARE),
            0));
    // One stream each: what the JVM does meanwhile shows, so the middle one of several.
    double[] shortOnes = new double[TIMES];
    double[] longOnes = new double[TIMES];
    // The first ones load classes.
    longStream(100);
    longStream(effort.longStream() / 10);
    for (int i = 0; i < TIMES; i++) {
      shortOnes[i] = longStream(100);
      longOnes[i] = longStream(effort.longStream());
    }
    Interval shortOne = Interval.of(shortOnes);
    rows.add(Row.of("heap", "a closed stream of 100 messages", ADDED, "B", shortOne));
    String length = grouped(effort.longStream());
    rows.add(
        new Row(
            "heap",
            "a closed stream of " + length + " messages",
            ADDED,
            "B",
            Interval.of(longOnes),
            shortOne.high()));
    return rows;
  }

  /** After each run of a thousand tests, what the heap holds: flat, or something is kept. */
  List<Row> measureSuites() throws InterruptedException {
    List<Row> rows = new ArrayList<>();
    int perRun = effort.suiteRuns();
    for (Class<?> suite : List.of(Suites.RuleTestCases.class, Suites.CheckedTestCases.class)) {
      // The first ones load classes and fill caches.
      runs(suite, 2 * perRun);
      long before = usedAtRest();
      for (int run = 1; run <= effort.suiteRuns(); run++) {
        runs(suite, perRun);
        rows.add(
            Row.of(
                "suite-heap",
                grouped((long) run * perRun * Suites.TESTS) + " tests",
                suite == Suites.RuleTestCases.class ? "GrpcCleanupRule" : "@GrpcStreamLeakCheck",
                "B more",
                Interval.exactly((double) (usedAtRest() - before))));
      }
    }
    return rows;
  }

  /**
   * gRPC takes its shared executors down a second after the last channel, and keeps a task for each
   * time it was asked to until then: up to 300 KB that are nobody's.
   */
  private static long usedAtRest() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(1_500);
    return used();
  }

  private static void runs(Class<?> suite, int times) {
    for (int i = 0; i < times; i++) {
      Fixture.run(suite, Map.of(), Suites.TESTS);
    }
  }

  private static Row row(String row, String column, double bytes, double budget) {
    return new Row("heap", row, column, "B", Interval.exactly(bytes), budget);
  }

  static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** What {@code many} streams leave on the heap, each. Nothing of the channel is counted twice. */
  private static double perStream(int many, int frames, Variant variant, boolean open) {
    try (Transport.Served served = Transport.DIRECT.serve(new Echo());
        Variant.Wired wired = variant.wire(served.builder())) {
      for (int i = 0; i < 10; i++) {
        Shape.UNARY.run(wired.turn(), frames);
      }
      long before = used();
      for (int i = 0; i < many; i++) {
        if (open) {
          Shape.LEFT_OPEN.run(wired.turn(), frames);
        } else {
          Shape.UNARY.run(wired.turn(), frames);
        }
      }
      long after = used();
      return (after - before) / (double) many;
    }
  }

  /** What a stack by itself takes, from as deep as that of a call from 20 frames is. */
  private static double throwable(int many) {
    Throwable[] kept = new Throwable[many];
    try {
      long before = used();
      for (int i = 0; i < many; i++) {
        kept[i] = descend(20);
      }
      return (used() - before) / (double) many;
    } finally {
      Reference.reachabilityFence(kept);
    }
  }

  private static Throwable descend(int more) {
    return more > 0 ? descend(more - 1) : new Throwable();
  }

  /** What one message more allocates: of two streams of different lengths. */
  private double perMessage(Variant variant) {
    int length = Math.min(effort.longStream(), 100_000);
    try (Transport.Served served = Transport.DIRECT.serve(new Echo());
        Variant.Wired wired = variant.wire(served.builder())) {
      double least = Double.MAX_VALUE;
      // Until the JIT has done its work.
      for (int i = 0; i < effort.warmUps() + effort.rounds(); i++) {
        double more = allocated(wired, 2 * length) - allocated(wired, length);
        least = Math.min(least, more / length);
      }
      return least;
    }
  }

  private static double allocated(Variant.Wired wired, int messages) {
    Meter meter = new Meter();
    Echo.stream(wired.turn(), messages);
    return meter.bytes();
  }

  private static double longStream(int messages) {
    GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
    try (Transport.Served served = Transport.DIRECT.serve(new Echo())) {
      ManagedChannel channel = recorder.attachTo(served.builder().get()).build();
      // The classes of a stream, and the buffers of a thread.
      Echo.stream(channel, 1_000);
      long before = used();
      Echo.stream(channel, messages);
      long after = used();
      if (recorder.streamCount() != 2) {
        throw new IllegalStateException("the stream was not recorded");
      }
      channel.shutdownNow();
      return after - before;
    }
  }

  /** What is in use after full collections, as soon as two of them agree. */
  static long used() {
    Runtime runtime = Runtime.getRuntime();
    long before = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      System.gc();
      long now = runtime.totalMemory() - runtime.freeMemory();
      if (now >= before) {
        return before;
      }
      before = now;
    }
    return before;
  }
}

package io.github.streamleak.benchmarks;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** How what costs time grows with what there is. */
final class Growth {

  private final Effort effort;

  Growth(Effort effort) {
    this.effort = effort;
  }

  List<Row> measure() throws Exception {
    List<Row> rows = new ArrayList<>();
    closed(rows);
    open(rows);
    events(rows);
    return rows;
  }

  /** A check with nothing open, after many streams that are closed. */
  private void closed(List<Row> rows) {
    // A recorder for each size, looked at in turns.
    List<Integer> sizes = sizes(effort.mostStreams());
    List<GrpcStreamRecorder> recorders = new ArrayList<>();
    try (Transport.Served served = Transport.DIRECT.serve(new Echo())) {
      for (int size : sizes) {
        recorders.add(filled(served, size, false));
      }
      double[][] nanos = new double[sizes.size()][effort.rounds()];
      warmUp(() -> recorders.forEach(Growth::checks));
      for (int round = 0; round < effort.rounds(); round++) {
        for (int i = 0; i < sizes.size(); i++) {
          Meter meter = new Meter();
          checks(recorders.get(i));
          nanos[i][round] = meter.nanos() / CHECKS;
        }
      }
      for (int i = 0; i < sizes.size(); i++) {
        rows.add(
            Row.of(
                "check-closed", Heap.grouped(sizes.get(i)), "check", "ns", Interval.of(nanos[i])));
        if (i > 0) {
          rows.add(
              new Row(
                  "check-closed",
                  Heap.grouped(sizes.get(i)),
                  "/ after " + sizes.get(0),
                  "x",
                  Interval.ratio(nanos[i], nanos[0]),
                  sizes.get(i) == 100_000 ? SAME : Double.NaN));
        }
      }
    }
  }

  /** In a JVM that has just filled its heap C2 takes longer than in others. */
  private void warmUp(Runnable work) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2L * effort.warmUpMillis());
    do {
      work.run();
    } while (System.nanoTime() < end);
  }

  private static final int CHECKS = 2_000;

  private static void checks(GrpcStreamRecorder recorder) {
    for (int n = 0; n < CHECKS; n++) {
      requireLeaks(recorder, 0, Duration.ofSeconds(1));
    }
  }

  /** "The same time": what is left to the noise. */
  private static final double SAME = 1.1;

  /** A check that finds many streams open, and does not wait for them. */
  private void open(List<Row> rows) {
    try (Transport.Served served = Transport.DIRECT.serve(new Echo())) {
      for (int size : sizes(Math.max(10, effort.mostStreams() / 10))) {
        GrpcStreamRecorder recorder = filled(served, size, true);
        int turns = size > 1_000 ? 5 : 20;
        if (size == 10) {
          warmUp(() -> requireLeaks(recorder, size, Duration.ZERO));
        }
        double[] micros = new double[turns];
        for (int turn = -2; turn < turns; turn++) {
          Meter meter = new Meter();
          requireLeaks(recorder, size, Duration.ZERO);
          if (turn >= 0) {
            micros[turn] = meter.nanos() / 1e3;
          }
        }
        rows.add(Row.of("check-open", Heap.grouped(size), "check", "us", Interval.of(micros)));
        recorder.close();
      }
    }
  }

  private static List<Integer> sizes(int most) {
    List<Integer> sizes = new ArrayList<>();
    for (int size = 10; size <= most; size *= 10) {
      sizes.add(size);
    }
    return sizes;
  }

  private static GrpcStreamRecorder filled(Transport.Served served, int streams, boolean open) {
    GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
    ManagedChannel channel = recorder.attachTo(served.builder().get()).build();
    for (int i = 0; i < streams; i++) {
      if (open) {
        Echo.open(channel);
      } else {
        Echo.unary(channel);
      }
    }
    if (!open) {
      channel.shutdownNow();
    }
    return recorder;
  }

  private static void requireLeaks(GrpcStreamRecorder recorder, int leaks, Duration grace) {
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal(), grace);
    if (verdict.hasLeaks() != leaks > 0) {
      throw new IllegalStateException("the check found " + (leaks > 0 ? "no leak" : "a leak"));
    }
  }

  /**
   * Events per second through one recorder, by threads that each have a stream of their own, and by
   * threads that share one.
   */
  private void events(List<Row> rows) throws Exception {
    for (int threads : new int[] {1, 2, 4, 8, 16}) {
      double[] own = new double[effort.rounds()];
      double[] shared = new double[effort.rounds()];
      for (int round = -2; round < effort.rounds(); round++) {
        double ownRate = rate(threads, false);
        double sharedRate = rate(threads, true);
        if (round >= 0) {
          own[round] = ownRate;
          shared[round] = sharedRate;
        }
      }
      String row = threads == 1 ? "1 thread" : threads + " threads";
      rows.add(Row.of("events", row, "a stream each", "million/s", Interval.of(own)));
      rows.add(Row.of("events", row, "one stream", "million/s", Interval.of(shared)));
    }
  }

  /** Calls {@code request} on a call: an event that reaches no server. */
  private double rate(int threads, boolean share) throws Exception {
    int events = Math.max(100, effort.blockMillis() * 5_000 / threads);
    GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
    ExecutorService callers = Executors.newFixedThreadPool(threads);
    try (Transport.Served served = Transport.DIRECT.serve(new Echo())) {
      ManagedChannel channel = recorder.attachTo(served.builder().get()).build();
      List<Runnable> requests = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        requests.add(share && i > 0 ? requests.get(0) : Echo.asking(channel));
      }
      CountDownLatch go = new CountDownLatch(1);
      List<Future<?>> running = new ArrayList<>();
      for (Runnable request : requests) {
        running.add(
            callers.submit(
                () -> {
                  go.await();
                  for (int n = 0; n < events; n++) {
                    request.run();
                  }
                  return null;
                }));
      }
      long started = System.nanoTime();
      go.countDown();
      for (Future<?> one : running) {
        one.get();
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      recorder.releaseLeaked();
      channel.shutdownNow();
      return threads * (double) events / seconds / 1e6;
    } finally {
      callers.shutdown();
    }
  }
}

package io.github.streamleak.benchmarks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * All variants side by side in one JVM, in turns of a few milliseconds: whatever else the machine
 * does meets them alike, and what is left in the ratios is theirs.
 *
 * <p>They share the code that the JIT compiles, so that what one of them makes megamorphic is so
 * for all: the bare channel included, which is quicker alone. {@link Forks} measures that.
 */
final class Grid {

  /**
   * What is done where; a JVM of its own for each.
   *
   * @param budget the most that the recorder may cost as a ratio; NaN without one
   * @param longer how many times as long as another cell it is measured: a call over Netty wakes
   *     threads, which makes noise, and its budget is a few per cent
   */
  record Cell(
      Transport transport, Shape shape, int frames, int threads, double budget, int longer) {

    Cell(Transport transport, Shape shape, int frames, int threads) {
      this(transport, shape, frames, threads, Double.NaN, 1);
    }

    long millis(Effort effort) {
      return (long) longer * effort.cellMillis();
    }

    static final List<Cell> ALL =
        List.of(
            new Cell(Transport.DIRECT, Shape.UNARY, 20, 1, 1.15, 2),
            new Cell(Transport.DIRECT, Shape.UNARY, 80, 1),
            new Cell(Transport.DIRECT, Shape.UNARY, 20, 16),
            new Cell(Transport.DIRECT, Shape.STREAM_1_000, 20, 1, 1.05, 2),
            new Cell(Transport.DIRECT, Shape.STREAM_1_000, 20, 16),
            new Cell(Transport.DIRECT, Shape.STREAM_100_000, 20, 1),
            new Cell(Transport.DIRECT, Shape.PING_PONG_100, 20, 1),
            new Cell(Transport.POOLED, Shape.UNARY, 20, 1),
            new Cell(Transport.POOLED, Shape.UNARY, 20, 16),
            new Cell(Transport.POOLED, Shape.STREAM_1_000, 20, 1),
            new Cell(Transport.POOLED, Shape.PING_PONG_100, 20, 1),
            new Cell(Transport.NETTY, Shape.UNARY, 20, 1, 1.03, 6),
            new Cell(Transport.NETTY, Shape.UNARY, 20, 16),
            new Cell(Transport.NETTY, Shape.STREAM_1_000, 20, 1),
            new Cell(Transport.NETTY, Shape.PING_PONG_100, 20, 1));

    String title() {
      return transport
          + " "
          + shape
          + ", "
          + (threads == 1 ? "1 thread" : threads + " threads")
          + ", "
          + frames
          + " frames";
    }
  }

  /** What OpenTelemetry's cost is a yardstick for. */
  private static final double HALF = 0.5;

  private final Cell cell;
  private final Effort effort;

  Grid(Cell cell, Effort effort) {
    this.cell = cell;
    this.effort = effort;
  }

  List<Row> measure() throws Exception {
    List<Variant> order = new ArrayList<>(List.of(Variant.values()));
    Samples<Variant> nanos = new Samples<>(order);
    Samples<Variant> bytes = new Samples<>(order);
    ExecutorService callers = Executors.newFixedThreadPool(cell.threads);
    try (Transport.Served served = cell.transport.serve(new Echo())) {
      // A channel and a recorder for each epoch, as each test has: what a recorder keeps goes with
      // it. All are made now, in the order of the variants, so that the bare ones stay bare.
      int epochs = effort.warmUps() + effort.rounds();
      List<Map<Variant, Variant.Wired>> wired = new ArrayList<>();
      for (int i = 0; i < epochs; i++) {
        wired.add(new EnumMap<>(Variant.class));
      }
      for (Variant variant : Variant.values()) {
        for (Map<Variant, Variant.Wired> epoch : wired) {
          epoch.put(variant, variant.wire(served.builder()));
        }
      }
      int runs = 1;
      for (int epoch = -effort.warmUps(); epoch < effort.rounds(); epoch++) {
        Map<Variant, Variant.Wired> channels = wired.remove(0);
        long millis =
            epoch < 0
                ? effort.warmUpMillis() / effort.warmUps()
                : cell.millis(effort) / effort.rounds();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        do {
          for (Variant variant : order) {
            Variant.Wired channel = Objects.requireNonNull(channels.get(variant));
            Meter meter = new Meter();
            run(callers, channel, runs);
            double units = (double) runs * cell.threads * cell.shape.units;
            double took = meter.nanos();
            double allocated = meter.bytes();
            if (epoch >= 0) {
              nanos.add(variant, took / units);
              bytes.add(variant, allocated / units);
            } else if (variant == Variant.BARE) {
              // The same number for all: what a recorder keeps grows with it.
              double wanted = effort.blockMillis() * 1e6 * cell.threads * runs / took;
              runs = (int) Math.max(1, Math.min(wanted, 50.0 * runs));
            }
          }
          order.add(order.remove(0));
        } while (System.nanoTime() < end);
        channels.values().forEach(Variant.Wired::close);
      }
    } finally {
      callers.shutdown();
    }
    return rows(nanos, bytes);
  }

  private void run(ExecutorService callers, Variant.Wired wired, int runs) throws Exception {
    Callable<Void> caller =
        () -> {
          for (int i = 0; i < runs; i++) {
            cell.shape.run(wired.turn(), cell.frames);
          }
          return null;
        };
    if (cell.threads == 1) {
      caller.call();
      return;
    }
    List<Callable<Void>> all = new ArrayList<>();
    for (int i = 0; i < cell.threads; i++) {
      all.add(caller);
    }
    for (Future<Void> done : callers.invokeAll(all)) {
      try {
        done.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("a call failed", e.getCause());
      }
    }
  }

  private List<Row> rows(Samples<Variant> nanos, Samples<Variant> bytes) {
    List<Row> rows = new ArrayList<>();
    String title = cell.title();
    double[] bareNanos = nanos.of(Variant.BARE);
    double[] bareBytes = bytes.of(Variant.BARE);
    nanos.forEach(
        (variant, measured) -> {
          boolean bare = variant == Variant.BARE;
          rows.add(
              new Row(
                  "grid-time",
                  title,
                  bare ? "BARE, ns" : variant.name(),
                  bare ? "ns" : "x",
                  bare ? Interval.of(measured) : Interval.ratio(measured, bareNanos),
                  variant == Variant.RECORDER ? cell.budget : Double.NaN));
        });
    bytes.forEach(
        (variant, measured) -> {
          boolean bare = variant == Variant.BARE;
          rows.add(
              Row.of(
                  "grid-bytes",
                  title,
                  bare ? "BARE" : variant.name(),
                  bare ? "B" : "B more",
                  bare ? Interval.of(measured) : Interval.difference(measured, bareBytes)));
        });
    rows.add(
        Row.of(
            "added",
            title,
            "RECORDER / FLOOR",
            "x",
            Interval.addedCost(nanos.of(Variant.RECORDER), bareNanos, nanos.of(Variant.FLOOR))));
    if (!Double.isNaN(cell.budget)) {
      for (Variant otel : List.of(Variant.OTEL_METRICS, Variant.OTEL_TRACING, Variant.OTEL_BOTH)) {
        rows.add(
            new Row(
                "added",
                title,
                "RECORDER / " + otel,
                "x",
                Interval.addedCost(nanos.of(Variant.RECORDER), bareNanos, nanos.of(otel)),
                HALF));
      }
    }
    return rows;
  }
}

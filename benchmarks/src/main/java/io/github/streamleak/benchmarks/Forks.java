package io.github.streamleak.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The figures with a budget, each variant alone in its JVM: fork after fork, variant by variant, so
 * that each repeat has all of them at one time.
 */
final class Forks {

  /**
   * A figure with a budget.
   *
   * @param iterations of a tenth of a second: more where the transport's own threads make noise
   */
  private record Budgeted(
      String name, Transport transport, Shape shape, double time, int iterations) {}

  private static final List<Budgeted> BUDGETED =
      List.of(
          new Budgeted(
              "unary, in-process, direct executor", Transport.DIRECT, Shape.UNARY, 1.15, 10),
          new Budgeted(
              "server streaming, per message, in-process",
              Transport.DIRECT,
              Shape.STREAM_1_000,
              1.05,
              10),
          new Budgeted("unary over Netty on loopback", Transport.NETTY, Shape.UNARY, 1.03, 20));

  /** What OpenTelemetry's cost is a yardstick for. */
  static final double HALF = 0.5;

  private static final List<Variant> VARIANTS =
      List.of(
          Variant.BARE,
          Variant.FORWARDING_STACK,
          Variant.RECORDER,
          Variant.RECORDER_NO_STACKS,
          Variant.OTEL_METRICS,
          Variant.OTEL_TRACING);

  private final Effort effort;
  private final boolean fork;

  Forks(Effort effort, boolean fork) {
    this.effort = effort;
    this.fork = fork;
  }

  List<Row> measure() throws RunnerException {
    List<Row> rows = new ArrayList<>();
    for (Budgeted budgeted : BUDGETED) {
      Samples<Variant> nanos = new Samples<>(VARIANTS, effort.repeats());
      Samples<Variant> bytes = new Samples<>(VARIANTS, effort.repeats());
      for (int repeat = 0; repeat < effort.repeats(); repeat++) {
        for (Variant variant : VARIANTS) {
          RunResult result = run(variant, budgeted);
          double units = secondary(result, "calls") * budgeted.shape.units;
          nanos.put(variant, repeat, secondary(result, "cpuNanos") / units);
          bytes.put(variant, repeat, secondary(result, "bytes") / units);
        }
      }
      rows.addAll(rows(budgeted, nanos, bytes));
    }
    return rows;
  }

  private static double secondary(RunResult result, String name) {
    return Objects.requireNonNull(result.getSecondaryResults().get(name)).getScore();
  }

  private RunResult run(Variant variant, Budgeted budgeted) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(CallBenchmark.class.getName())
            .param("variant", variant.name())
            .param("transport", budgeted.transport.name())
            .param("shape", budgeted.shape.name())
            .measurementIterations(budgeted.iterations)
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .jvmArgs(Main.JVM.toArray(String[]::new));
    if (!fork) {
      options
          .forks(0)
          .warmupIterations(0)
          .measurementIterations(1)
          .measurementTime(TimeValue.milliseconds(effort.blockMillis()));
    }
    return new Runner(options.build()).runSingle();
  }

  private static List<Row> rows(Budgeted budgeted, Samples<Variant> nanos, Samples<Variant> bytes) {
    List<Row> rows = new ArrayList<>();
    double[] bare = nanos.of(Variant.BARE);
    double[] bareBytes = bytes.of(Variant.BARE);
    rows.add(Row.of("forks", budgeted.name, "BARE", "ns", Interval.of(bare)));
    rows.add(Row.of("forks", budgeted.name + ", allocated", "BARE", "B", Interval.of(bareBytes)));
    for (Variant variant : VARIANTS.subList(1, VARIANTS.size())) {
      boolean ours = variant == Variant.RECORDER;
      rows.add(
          new Row(
              "forks",
              budgeted.name,
              variant.name(),
              "x",
              Interval.ratio(nanos.of(variant), bare),
              ours ? budgeted.time : Double.NaN));
      rows.add(
          Row.of(
              "forks",
              budgeted.name + ", allocated",
              variant.name(),
              "B more",
              Interval.difference(bytes.of(variant), bareBytes)));
    }
    double[] recorder = nanos.of(Variant.RECORDER);
    for (Variant otel : List.of(Variant.OTEL_METRICS, Variant.OTEL_TRACING)) {
      rows.add(
          new Row(
              "added",
              budgeted.name,
              "RECORDER / " + otel,
              "x",
              Interval.addedCost(recorder, bare, nanos.of(otel)),
              HALF));
    }
    return rows;
  }
}

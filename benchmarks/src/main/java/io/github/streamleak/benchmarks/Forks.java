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
 * The budgeted calls in-process once more, by JMH, each variant alone in its JVM: tells whether
 * what the variants of {@link Grid} share flatters one of them. Fork after fork, variant by
 * variant, so that each repeat has all of them at one time.
 */
final class Forks {

  /** What is called, in the words of the table. */
  private record Called(String name, Shape shape) {}

  private static final List<Called> CALLED =
      List.of(
          new Called("unary, in-process, direct executor", Shape.UNARY),
          new Called("server streaming, per message, in-process", Shape.STREAM_1_000));

  static final List<Variant> VARIANTS = List.of(Variant.BARE, Variant.FLOOR, Variant.RECORDER);

  private final Effort effort;
  private final boolean fork;

  Forks(Effort effort, boolean fork) {
    this.effort = effort;
    this.fork = fork;
  }

  List<Row> measure() throws RunnerException {
    List<Row> rows = new ArrayList<>();
    for (Called called : CALLED) {
      Samples<Variant> nanos = new Samples<>(VARIANTS);
      Samples<Variant> bytes = new Samples<>(VARIANTS);
      for (int repeat = 0; repeat < effort.repeats(); repeat++) {
        for (Variant variant : VARIANTS) {
          RunResult result = run(variant, called);
          double units = secondary(result, "calls") * called.shape.units;
          nanos.add(variant, secondary(result, "cpuNanos") / units);
          bytes.add(variant, secondary(result, "bytes") / units);
        }
      }
      rows.addAll(rows(called, nanos, bytes));
    }
    return rows;
  }

  private static double secondary(RunResult result, String name) {
    return Objects.requireNonNull(result.getSecondaryResults().get(name)).getScore();
  }

  private RunResult run(Variant variant, Called called) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(CallBenchmark.class.getName())
            .param("variant", variant.name())
            .param("shape", called.shape.name())
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

  private static List<Row> rows(Called called, Samples<Variant> nanos, Samples<Variant> bytes) {
    List<Row> rows = new ArrayList<>();
    double[] bare = nanos.of(Variant.BARE);
    double[] bareBytes = bytes.of(Variant.BARE);
    String allocated = called.name + ", allocated";
    rows.add(Row.of("forks", called.name, "BARE", "ns", Interval.of(bare)));
    rows.add(Row.of("forks", allocated, "BARE", "B", Interval.of(bareBytes)));
    for (Variant variant : VARIANTS.subList(1, VARIANTS.size())) {
      Interval time = Interval.ratio(nanos.of(variant), bare);
      Interval more = Interval.difference(bytes.of(variant), bareBytes);
      rows.add(Row.of("forks", called.name, variant.name(), "x", time));
      rows.add(Row.of("forks", allocated, variant.name(), "B more", more));
    }
    return rows;
  }
}

package io.github.streamleak.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** The cost of one test: whole runs of JUnit's engine, the ways to wire a test in turns. */
final class Fixture {

  private static final String AUTO = "junit.jupiter.extensions.autodetection.enabled";
  private static final String WATCH = "streamleak.watch";

  /** A way to wire a test, with the configuration of the run. */
  private record Way(Class<?> suite, Map<String, String> parameters) {}

  private static final String RULE = "GrpcCleanupRule";
  private static final String OURS = "@GrpcStreamLeakCheck";

  private final Effort effort;
  private final int tests;

  Fixture(Effort effort) {
    this.effort = effort;
    this.tests = effort.equals(Effort.FULL) ? 1_000 : 10;
  }

  private static Map<String, Way> ways() {
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("no test at all", new Way(Suites.EmptyTestCases.class, Map.of()));
    ways.put(RULE, new Way(Suites.RuleTestCases.class, Map.of()));
    ways.put(
        "com.asarkar.grpc:grpc-test 2.0.0", new Way(Suites.ExtensionTestCases.class, Map.of()));
    // What JUnit's own extension points cost, and with a recorder what ours could cost at best.
    ways.put("an extension that only wires", new Way(Suites.WiredTestCases.class, Map.of()));
    ways.put(
        "an extension that only wires and records",
        new Way(Suites.RecordedTestCases.class, Map.of()));
    // By default other channels are watched while a checked test runs, and a report is written.
    ways.put(OURS, new Way(Suites.CheckedTestCases.class, Map.of()));
    ways.put(
        OURS + ", no report",
        new Way(Suites.CheckedTestCases.class, Map.of("streamleak.report.dir", "none")));
    ways.put(OURS + ", watch = own", new Way(Suites.CheckedTestCases.class, Map.of(WATCH, "own")));
    ways.put(
        RULE + ", checked by watch = all",
        new Way(Suites.RuleTestCases.class, Map.of(AUTO, "true", WATCH, "all")));
    return ways;
  }

  List<Row> measure() {
    Map<String, Way> ways = ways();
    List<String> order = new ArrayList<>(ways.keySet());
    Samples<String> micros = new Samples<>(order);
    Samples<String> cpu = new Samples<>(order);
    Samples<String> bytes = new Samples<>(order);
    for (int turn = -effort.warmUps(); turn < effort.rounds(); turn++) {
      for (String name : order) {
        Way way = Objects.requireNonNull(ways.get(name));
        Meter meter = new Meter();
        long started = System.nanoTime();
        run(way.suite, way.parameters, tests);
        if (turn >= 0) {
          micros.add(name, (System.nanoTime() - started) / 1e3 / tests);
          cpu.add(name, meter.nanos() / 1e3 / tests);
          bytes.add(name, meter.bytes() / tests);
        }
      }
      order.add(order.remove(0));
    }
    List<Row> rows = new ArrayList<>();
    double[] rule = micros.of(RULE);
    micros.forEach(
        (name, measured) -> {
          rows.add(Row.of("fixture", name, "one test", "us", Interval.of(measured)));
          rows.add(
              Row.of(
                  "fixture",
                  name,
                  "processor time / " + RULE,
                  "x",
                  Interval.ratio(cpu.of(name), cpu.of(RULE))));
          rows.add(
              new Row(
                  "fixture",
                  name,
                  "time / " + RULE,
                  "x",
                  Interval.ratio(measured, rule),
                  name.equals(OURS) ? 1.0 : Double.NaN));
          rows.add(Row.of("fixture", name, "allocated", "B", Interval.of(bytes.of(name))));
        });
    return rows;
  }

  /** How long a test takes that leaves a stream, and whether it fails. */
  List<Row> measureLeaks() {
    String walkedAway = "a stream whose messages are not read";
    String unanswered = "a stream that the server never ends";
    List<Row> rows = new ArrayList<>();
    leak(rows, walkedAway, OURS, Suites.WalkedAwayTestCases.class, effort.repeats());
    leak(rows, walkedAway, RULE, Suites.WalkedAwayRuleTestCases.class, 1);
    leak(rows, unanswered, OURS, Suites.UnansweredTestCases.class, effort.repeats());
    if (effort.equals(Effort.FULL)) {
      // Ten seconds.
      leak(rows, unanswered, RULE, Suites.UnansweredRuleTestCases.class, 1);
    }
    return rows;
  }

  private static void leak(List<Row> rows, String what, String who, Class<?> suite, int times) {
    double[] millis = new double[times];
    boolean failed = true;
    for (int i = 0; i < times; i++) {
      long started = System.nanoTime();
      EngineExecutionResults results = execute(suite, Map.of(), 1);
      millis[i] = (System.nanoTime() - started) / 1e6;
      failed &= results.testEvents().failed().count() == 1;
    }
    rows.add(Row.of("leak", what, who, failed ? "ms, fails" : "ms, passes", Interval.of(millis)));
  }

  /** Runs a suite whose tests all pass. */
  static void run(Class<?> suite, Map<String, String> parameters, int tests) {
    EngineExecutionResults results = execute(suite, parameters, tests);
    long passed = results.testEvents().succeeded().count();
    if (passed != tests || results.allEvents().failed().count() > 0) {
      throw new IllegalStateException(suite + " " + parameters + ": " + passed + " passed");
    }
  }

  private static EngineExecutionResults execute(
      Class<?> suite, Map<String, String> parameters, int tests) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(DiscoverySelectors.selectClass(suite))
        .configurationParameters(parameters)
        .configurationParameter(Suites.TESTS_PARAMETER, String.valueOf(tests))
        .execute();
  }
}

package io.github.streamleak.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Measures all that matters and writes it down: the first argument is the project's folder, the
 * second {@code all} or the parts to measure, with commas between.
 */
public final class Main {

  /** Of every JVM that is measured. */
  static final List<String> JVM =
      List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-Djava.util.logging.config.file=/dev/null");

  /** The streams that are kept by the million need room. */
  private static final List<String> LARGE =
      List.of("-Xms1g", "-Xmx6g", "-XX:+UseG1GC", "-Djava.util.logging.config.file=/dev/null");

  /** C2 leaves out objects that nobody keeps, in one run these and in another those; C1 none. */
  private static final List<String> EXACT = List.of("-XX:TieredStopAtLevel=1");

  private static final List<String> PARTS =
      List.of("grid", "bytes", "fixture", "heap", "growth", "forks");

  private Main() {}

  /**
   * Measures.
   *
   * @throws IllegalArgumentException if a part is unknown
   */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("part")) {
      part(args[1], Integer.parseInt(args[2]), Path.of(args[3]));
      // gRPC's and Netty's threads would keep the JVM.
      System.exit(0);
    }
    Path project = Path.of(args[0]);
    List<String> parts = args[1].equals("all") ? PARTS : List.of(args[1].split(","));
    if (!PARTS.containsAll(parts)) {
      throw new IllegalArgumentException("unknown part in " + parts + "; there are " + PARTS);
    }
    long started = System.nanoTime();
    String before = load();
    List<Row> rows = new ArrayList<>();
    for (String part : parts) {
      int jvms = part.equals("grid") ? Grid.Cell.ALL.size() : 1;
      for (int i = 0; i < jvms; i++) {
        long partStarted = System.nanoTime();
        rows.addAll(inOwnJvm(part, i));
        System.out.printf(
            Locale.ROOT,
            "%s %d: %d s%n",
            part,
            i,
            (System.nanoTime() - partStarted) / 1_000_000_000);
      }
    }
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    String measuredOn =
        "Java %s, %s %s, %d processors; load average %s at the start and %s at the end; took %d min %d s."
            .formatted(
                System.getProperty("java.vm.version"),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                before,
                load(),
                took.toMinutes(),
                took.toSecondsPart());
    Path results = Files.createDirectories(project.resolve("benchmarks/target/results"));
    String markdown = Tables.markdown(rows, measuredOn);
    Files.writeString(results.resolve("performance.md"), markdown);
    Files.writeString(results.resolve("performance.json"), Tables.json(rows, measuredOn));
    Path images = project.resolve("docs/images");
    draw(rows, "check-closed", "A check with nothing open, by closed streams", images);
    draw(rows, "check-open", "A check that does not wait, by open streams", images);
    draw(rows, "events", "Events recorded, by threads", images);
    System.out.println(markdown);
  }

  private static void draw(List<Row> rows, String table, String title, Path images)
      throws IOException {
    List<Row> drawn = Tables.in(rows, table);
    if (!drawn.isEmpty()) {
      Files.writeString(
          images.resolve("performance-" + table + ".svg"), new Curve(title, drawn).svg());
    }
  }

  private static String load() {
    return String.format(
        Locale.ROOT, "%.1f", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static List<Row> inOwnJvm(String part, int index)
      throws IOException, InterruptedException {
    Path lines = Files.createTempFile("benchmarks", ".tsv");
    try {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(part.equals("heap") || part.equals("growth") ? LARGE : JVM);
      if (part.equals("bytes")) {
        command.addAll(EXACT);
      }
      command.addAll(
          List.of(
              "-classpath",
              System.getProperty("java.class.path"),
              Main.class.getName(),
              "part",
              part,
              String.valueOf(index),
              lines.toString()));
      Process jvm = new ProcessBuilder(command).inheritIO().start();
      if (!jvm.waitFor(15, TimeUnit.MINUTES)) {
        jvm.destroyForcibly();
        throw new IllegalStateException(part + " has not ended within a quarter of an hour");
      }
      if (jvm.exitValue() != 0) {
        throw new IllegalStateException(part + " " + index + " has failed");
      }
      return Files.readAllLines(lines).stream().map(Row::ofLine).toList();
    } finally {
      Files.delete(lines);
    }
  }

  private static void part(String part, int index, Path to) throws Exception {
    Effort effort = Effort.FULL;
    List<Row> rows = new ArrayList<>();
    switch (part) {
      case "forks" -> rows.addAll(new Forks(effort, /* fork= */ true).measure());
      case "grid" -> rows.addAll(new Grid(Grid.Cell.ALL.get(index), effort).measure());
      case "bytes" -> rows.addAll(new Bytes(effort).measure());
      case "fixture" -> {
        Fixture fixture = new Fixture(effort);
        rows.addAll(fixture.measure());
        rows.addAll(fixture.measureLeaks());
      }
      case "heap" -> {
        Heap heap = new Heap(effort);
        rows.addAll(heap.measure());
        rows.addAll(heap.measureSuites());
      }
      case "growth" -> rows.addAll(new Growth(effort).measure());
      default -> throw new IllegalArgumentException(part);
    }
    Files.write(to, rows.stream().map(Row::toLine).toList());
  }
}

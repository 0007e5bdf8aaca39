package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the report of a JVM into a directory, and merges it there with the reports of the other
 * JVMs of the same build. On GitHub Actions it also writes annotations and the summary of the job.
 *
 * <p>Each JVM writes {@code parts/<jvm>.json}. Then it takes a lock and writes {@code
 * streams.json}, {@code leaks.sarif}, {@code summary.md} and {@code index.html} anew from all
 * parts. No JVM can know whether it is the last one to end; this way the last one has merged all
 * parts, however many JVMs end at once. Parts of an earlier build are deleted. A file that is not a
 * part of Streamleak stays where it is, and a note names it.
 */
public final class ReportWriter {

  private static final Logger LOGGER = Logger.getLogger("io.github.streamleak");
  private static final String PART = ".json";

  /**
   * The most parts that are left unmerged. The merge that follows deletes the parts of earlier
   * builds.
   */
  private static final int MOST_AT_REST = 50;

  private final Path directory;
  private final Path workingDirectory;
  private final @Nullable Path baseline;
  private final boolean updates;
  private final boolean rests;
  private final Map<String, String> environment;
  private final PrintStream out;

  private ReportWriter(
      Path directory,
      Path workingDirectory,
      @Nullable Path baseline,
      boolean updates,
      boolean rests,
      Map<String, String> environment,
      PrintStream out) {
    this.directory = directory.toAbsolutePath().normalize();
    this.workingDirectory = workingDirectory.toAbsolutePath().normalize();
    this.baseline = baseline;
    this.updates = updates;
    this.rests = rests;
    this.environment = environment;
    this.out = out;
  }

  /** Returns a writer into {@code directory}, which is made if it does not exist. */
  @SuppressWarnings("SystemOut") // GitHub reads annotations from the standard output.
  public static ReportWriter to(Path directory) {
    return to(directory, Path.of(""), System.getenv(), System.out);
  }

  static ReportWriter to(
      Path directory, Path workingDirectory, Map<String, String> environment, PrintStream out) {
    return new ReportWriter(directory, workingDirectory, null, false, false, environment, out);
  }

  /**
   * Returns the directory in which people look for build results: {@code build/grpc-stream-leak}
   * under Gradle, otherwise {@code target/grpc-stream-leak}, below the working directory.
   */
  public static Path defaultDirectory() {
    boolean isGradle =
        System.getProperty("org.gradle.test.worker") != null
            || Stream.of("build.gradle", "build.gradle.kts")
                .anyMatch(name -> Files.exists(Path.of(name)));
    return Path.of(isGradle ? "build" : "target", "grpc-stream-leak");
  }

  /**
   * Returns a writer that writes only {@code parts/<jvm>.json} while no JVM of the build has a
   * finding or a note. A clean suite then does not wait for pages that nobody opens.
   */
  public ReportWriter restWhileClean() {
    return new ReportWriter(
        directory, workingDirectory, baseline, updates, /* rests= */ true, environment, out);
  }

  /** Returns a writer whose report also says which findings of this baseline are gone. */
  public ReportWriter baseline(Path file) {
    return new ReportWriter(directory, workingDirectory, file, false, rests, environment, out);
  }

  /**
   * Returns a writer that also writes this baseline. It then has exactly the findings of this build
   * that failed, were warnings, or were known already; so the whole suite has to run. Each report
   * directory needs a baseline of its own, because two modules that write one would take each
   * other's findings off. {@link Main} writes one baseline for several modules.
   */
  public ReportWriter updateBaseline(Path file) {
    return new ReportWriter(directory, workingDirectory, file, true, rests, environment, out);
  }

  /**
   * Writes the report and merges it. A second call with the same report replaces what the first one
   * wrote. It never throws, because a report must not fail a build.
   *
   * @return what went wrong, in one line that names the file and that has been logged as a warning;
   *     empty if everything was written
   */
  public Optional<String> write(StreamReport report) {
    // An interrupt that a test left behind would close the files while they are written.
    boolean interrupted = Thread.interrupted();
    List<String> warnings = new ArrayList<>();
    try {
      writeAll(report, warnings);
    } catch (IOException | RuntimeException e) {
      warnings.add(directory + ": the report could not be written: " + reason(e));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (warnings.isEmpty()) {
      return Optional.empty();
    }
    String warning = String.join("; ", warnings);
    LOGGER.log(Level.WARNING, warning);
    return Optional.of(warning);
  }

  static String reason(Exception e) {
    return e instanceof FileSystemException file && file.getFile() != null
        ? Texts.why(e) + " (" + file.getFile() + ")"
        : Texts.why(e);
  }

  private void writeAll(StreamReport report, List<String> warnings) throws IOException {
    SourceFiles sources = SourceFiles.around(workingDirectory, environment);
    JsonObject own = report.toJson();
    for (JsonElement entry : Json.array(own, "entries")) {
      sources.complete(Json.object(entry.getAsJsonObject(), "opened"));
      sources.complete(Json.object(entry.getAsJsonObject(), "calledBy"));
    }
    Optional<GitHubActions> actions = GitHubActions.of(environment);
    // This comes first because it needs no file; what follows may fail.
    actions.ifPresent(github -> github.annotate(own, out));
    Path parts = Files.createDirectories(Files.createDirectories(directory).resolve("parts"));
    writePart(parts, report, Json.write(own));
    LockedFile.whileHeld(
        directory.resolve(".lock"),
        channel -> {
          if (rests && isClean(own) && isAtRest(parts)) {
            return own;
          }
          JsonObject merged = merge(parts, warnings);
          Outputs.write(directory, merged, sources);
          // It is under the same lock; otherwise an older merge could replace the summary of a
          // newer
          // one.
          actions
              .flatMap(github -> github.summarize(merged, nameIn(sources.root())))
              .ifPresent(warnings::add);
          return merged;
        });
  }

  private boolean isClean(JsonObject own) {
    return baseline == null
        && Json.objects(own, "entries").isEmpty()
        && Json.strings(Json.objects(own, "jvms").get(0), "notes").isEmpty();
  }

  /** Returns whether no merged report exists that would now be out of date. Needs the lock. */
  private boolean isAtRest(Path parts) throws IOException {
    if (Files.exists(directory.resolve("streams.json"))) {
      return false;
    }
    try (Stream<Path> all = Files.list(parts)) {
      return all.limit(MOST_AT_REST + 1L).count() <= MOST_AT_REST;
    }
  }

  private String nameIn(Path root) {
    Path name = directory.startsWith(root) ? root.relativize(directory) : directory;
    return name.toString().replace('\\', '/');
  }

  /**
   * Writes the part. Two JVMs in two containers may have the same id; the second one then adds a
   * number to the name of its part.
   */
  private static void writePart(Path parts, StreamReport report, String json) throws IOException {
    String mine = report.partName();
    if (mine != null) {
      WholeFile.write(parts.resolve(mine), json);
      return;
    }
    for (int i = 1; ; i++) {
      String name = report.id() + (i == 1 ? "" : "-" + i) + PART;
      Path part = parts.resolve(name);
      Path temporary = WholeFile.temporary(part);
      try {
        Files.createFile(temporary);
      } catch (FileAlreadyExistsException e) {
        continue;
      }
      if (Files.exists(part)) {
        Files.delete(temporary);
        continue;
      }
      WholeFile.write(part, json);
      report.partName(name);
      return;
    }
  }

  private JsonObject merge(Path parts, List<String> warnings) throws IOException {
    List<String> notes = new ArrayList<>();
    List<ReportFile> read = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(parts)) {
      files = all.filter(file -> file.getFileName().toString().endsWith(PART)).sorted().toList();
    }
    for (Path file : files) {
      try {
        read.add(ReportFile.read(file));
      } catch (ReportFileException e) {
        notes.add("not merged: " + e.getMessage());
      }
    }
    if (read.isEmpty()) {
      throw new IOException(parts + ": all parts were deleted while they were merged");
    }
    read.sort(ReportFile.OLDEST_FIRST);
    String build = read.get(read.size() - 1).build();
    for (ReportFile part : read) {
      if (!part.build().equals(build)) {
        Files.deleteIfExists(part.path());
      }
    }
    JsonObject merged =
        Merge.ofBuild(read.stream().filter(part -> part.build().equals(build)).toList());
    try {
      merged.add("baseline", baseline(merged));
    } catch (ReportFileException | IOException e) {
      String why =
          e instanceof IOException io
              ? baseline + ": the baseline could not be written: " + reason(io)
              : String.valueOf(e.getMessage());
      notes.add(why);
      warnings.add(why);
    }
    addNotes(merged, notes);
    return merged;
  }

  private JsonElement baseline(JsonObject merged) throws IOException {
    if (baseline == null) {
      return JsonNull.INSTANCE;
    }
    SortedMap<String, Integer> seen = Merge.complaints(merged);
    Baseline known = updates ? Baseline.readIfThere(baseline) : Baseline.read(baseline);
    if (updates) {
      known = known.with(seen);
      known.write(baseline);
    }
    Path file = baseline.toAbsolutePath().normalize();
    return Merge.baseline(
        (file.startsWith(workingDirectory) ? workingDirectory.relativize(file) : file)
            .toString()
            .replace('\\', '/'),
        known.fingerprints().size(),
        known.gone(seen.keySet()));
  }

  /** Adds notes to the newest JVM. Each merge finds anew what is wrong. */
  private static void addNotes(JsonObject merged, List<String> notes) {
    JsonArray jvms = Json.array(merged, "jvms");
    JsonObject newest = jvms.get(jvms.size() - 1).getAsJsonObject();
    JsonArray all = Json.array(newest, "notes");
    Json.texts(notes).forEach(all::add);
    newest.add("notes", all);
  }
}

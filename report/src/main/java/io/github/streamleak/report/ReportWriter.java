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
import java.util.SortedSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the report of a JVM into a directory, and merges it there with those of the other JVMs of
 * the same build. On GitHub Actions it also annotates the run and adds to the job's summary.
 *
 * <p>Each JVM writes {@code parts/<jvm>.json}, and then, holding a lock, makes {@code
 * streams.json}, {@code leaks.sarif}, {@code summary.md} and {@code index.html} anew from all
 * parts. The last JVM to end has therefore merged all, however many end at once. Parts of an
 * earlier build are deleted; what is no part of ours stays where it is, and a note names it.
 */
public final class ReportWriter {

  private static final Logger LOGGER = Logger.getLogger("io.github.streamleak");
  private static final String PART = ".json";

  /** So many parts are not left lying: the next merge clears away those of earlier builds. */
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

  /** Returns a writer into {@code directory}, which is made if there is none. */
  @SuppressWarnings("SystemOut") // GitHub reads annotations from the standard output.
  public static ReportWriter to(Path directory) {
    return to(directory, Path.of(""), System.getenv(), System.out);
  }

  static ReportWriter to(
      Path directory, Path workingDirectory, Map<String, String> environment, PrintStream out) {
    return new ReportWriter(directory, workingDirectory, null, false, false, environment, out);
  }

  /**
   * Returns the directory that builds expect: {@code build/grpc-stream-leak} where Gradle builds,
   * else {@code target/grpc-stream-leak}; below the working directory.
   */
  public static Path defaultDirectory() {
    boolean isGradle =
        System.getProperty("org.gradle.test.worker") != null
            || Stream.of("build.gradle", "build.gradle.kts")
                .anyMatch(name -> Files.exists(Path.of(name)));
    return Path.of(isGradle ? "build" : "target", "grpc-stream-leak");
  }

  /**
   * Returns a writer that, while no JVM of the build has found anything or has a note, leaves it at
   * {@code parts/<jvm>.json}: a suite that is clean is not to wait for pages that nobody opens.
   */
  public ReportWriter restWhileClean() {
    return new ReportWriter(
        directory, workingDirectory, baseline, updates, /* rests= */ true, environment, out);
  }

  /** Returns a writer that also says which findings of this baseline are gone. */
  public ReportWriter baseline(Path file) {
    return new ReportWriter(directory, workingDirectory, file, false, rests, environment, out);
  }

  /**
   * Returns a writer that also writes this baseline: what failed, was warned of or known in any JVM
   * of this build, and nothing else. Only after the whole suite is that all there is. One file for
   * each report directory: two modules that write one would take each other's findings off; {@link
   * Main} writes one from several.
   */
  public ReportWriter updateBaseline(Path file) {
    return new ReportWriter(directory, workingDirectory, file, true, rests, environment, out);
  }

  /**
   * Writes and merges. Called again with the same report, it replaces what it wrote.
   *
   * @return what went wrong, in one line that names the file; it has been logged as a warning too.
   *     Empty if nothing has. Nothing is ever thrown: a report must not fail a build.
   */
  public Optional<String> write(StreamReport report) {
    // An interrupt that a test has left behind would close the files that are written.
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
    // First, for it needs no file: what follows may fail.
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
          // Under the same lock: else an older merge could replace the summary of a newer one.
          actions
              .flatMap(github -> github.summarize(merged, nameIn(sources.root())))
              .ifPresent(warnings::add);
          return merged;
        });
  }

  private boolean isClean(JsonObject own) {
    return baseline == null
        && Json.array(own, "entries").isEmpty()
        && Json.array(Json.array(own, "jvms").get(0).getAsJsonObject(), "notes").isEmpty();
  }

  /** Nothing has been merged that would now be out of date. Asked under the lock. */
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

  /** Two JVMs may have one id, each in a container of its own: the second adds a number. */
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
        notes.add("left out: " + e.getMessage());
      }
    }
    if (read.isEmpty()) {
      throw new IOException(parts + " was emptied while it was merged");
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
    SortedSet<String> seen = Merge.complaints(merged);
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
        known.gone(seen));
  }

  /** Said by the newest JVM: what is wrong is found anew in each merge. */
  private static void addNotes(JsonObject merged, List<String> notes) {
    JsonArray jvms = Json.array(merged, "jvms");
    JsonObject newest = jvms.get(jvms.size() - 1).getAsJsonObject();
    JsonArray all = Json.array(newest, "notes");
    Json.texts(notes).forEach(all::add);
    newest.add("notes", all);
  }
}

package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the report of a JVM into a directory, and merges it there with the reports of the other
 * JVMs of the same build. On GitHub Actions it also writes annotations and the summary of the job.
 *
 * <p>Each JVM takes a lock, writes {@code parts/<jvm>.json}, and writes {@code streams.json},
 * {@code leaks.sarif}, {@code summary.md} and {@code index.html} anew from all parts. No JVM can
 * know whether it is the last one to end; this way the last one has merged all parts, however many
 * JVMs end at once. Parts of an earlier build are deleted. A file that is not a part of Streamleak
 * stays where it is, and a note names it.
 *
 * <p>A JVM that found nothing only adds its numbers to what is merged already. So a suite of many
 * clean forks takes time in proportion to their number, and not to its square.
 */
public final class ReportWriter {

  private static final Logger LOGGER = Logger.getLogger("io.github.streamleak");
  private static final String PART = ".json";

  /** Beside the parts if one of them was written without the lock. */
  private static final String UNMERGED = ".unmerged";

  private final Path directory;
  private final Path workingDirectory;
  private final @Nullable Path baseline;
  private final @Nullable Consumer<String> updates;
  private final boolean pageWhileClean;
  private final Map<String, String> environment;
  private final PrintStream out;

  private ReportWriter(
      Path directory,
      Path workingDirectory,
      @Nullable Path baseline,
      @Nullable Consumer<String> updates,
      boolean pageWhileClean,
      Map<String, String> environment,
      PrintStream out) {
    this.directory = directory.toAbsolutePath().normalize();
    this.workingDirectory = workingDirectory.toAbsolutePath().normalize();
    this.baseline = baseline;
    this.updates = updates;
    this.pageWhileClean = pageWhileClean;
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
    return new ReportWriter(directory, workingDirectory, null, null, true, environment, out);
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
   * Returns a writer that writes no page while no JVM of the build has a finding or a note, and
   * deletes the one of an earlier build. A clean suite then does not wait for a page that nobody
   * opens. In continuous integration there is always a page, since it is kept with the run.
   */
  public ReportWriter noPageWhileClean() {
    return new ReportWriter(
        directory,
        workingDirectory,
        baseline,
        updates,
        /* pageWhileClean= */ ContinuousIntegration.isIn(environment),
        environment,
        out);
  }

  /** Returns a writer whose report also says which findings of this baseline are gone. */
  public ReportWriter baseline(Path file) {
    return new ReportWriter(
        directory, workingDirectory, file, null, pageWhileClean, environment, out);
  }

  /**
   * Returns a writer that also writes this baseline, and logs what it has added and taken off. See
   * {@link #updateBaseline(Path, Consumer)}.
   */
  public ReportWriter updateBaseline(Path file) {
    return updateBaseline(file, LOGGER::info);
  }

  /**
   * Returns a writer that also writes this baseline. It then has exactly the findings of this build
   * that failed, were warnings, or were known already; so the whole suite has to run. Of a report
   * that says that it is partial, nothing is taken off. Modules that one build tests may share a
   * file: then it has the findings of all of them.
   *
   * @param told is told what was added and taken off, once the file is written; not at all if it
   *     could not be written
   */
  public ReportWriter updateBaseline(Path file, Consumer<String> told) {
    return new ReportWriter(
        directory, workingDirectory, file, told, pageWhileClean, environment, out);
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
    try {
      writeLocked(parts, report, own, sources, actions, warnings);
    } catch (LockedFile.TimeoutException e) {
      // The merge of the next JVM has to look for the part.
      Files.write(parts.resolve(UNMERGED), new byte[0]);
      writePart(parts, report, Json.write(own));
      throw e;
    }
  }

  private void writeLocked(
      Path parts,
      StreamReport report,
      JsonObject own,
      SourceFiles sources,
      Optional<GitHubActions> actions,
      List<String> warnings)
      throws IOException {
    LockedFile.whileHeld(
        directory.resolve(".lock"),
        lock -> {
          MergeState state = MergeState.takenFrom(lock);
          if (Files.deleteIfExists(parts.resolve(UNMERGED))) {
            state = MergeState.UNKNOWN;
          }
          boolean isNew = report.partName() == null;
          try {
            writePart(parts, report, Json.write(own));
          } catch (IOException e) {
            if (!state.equals(MergeState.mergedAll(build(own)))) {
              // What is there is of an earlier build, and no longer true.
              Outputs.delete(directory);
            }
            throw e;
          }
          JsonObject merged = isNew ? addedTo(state, own) : null;
          boolean isSound = true;
          if (merged == null) {
            List<String> notes = new ArrayList<>();
            merged = merge(parts, notes, warnings);
            isSound = notes.isEmpty();
          }
          Outputs.write(directory, merged, sources, pageWhileClean || !CleanJvms.isClean(merged));
          // It is under the same lock; otherwise an older merge could replace the summary of a
          // newer one.
          JsonObject shown = merged;
          actions
              .flatMap(github -> github.summarize(shown, sources, nameIn(sources.root())))
              .ifPresent(warnings::add);
          if (isSound) {
            // If it cannot be written, the next JVM merges all parts.
            MergeState.mergedAll(build(own)).putInto(lock);
          }
          return merged;
        });
  }

  /**
   * Returns the merged report with the numbers of a JVM that found nothing, or null if all parts
   * have to be merged anew. Needs the lock.
   */
  private @Nullable JsonObject addedTo(MergeState state, JsonObject own) {
    Path streams = directory.resolve(Outputs.STREAMS);
    if (!CleanJvms.isClean(own) || !state.equals(MergeState.mergedAll(build(own)))) {
      return null;
    }
    try {
      JsonObject merged = CleanJvms.added(ReportFile.read(streams), own).orElse(null);
      if (merged != null) {
        merged.add("baseline", baseline(merged));
      }
      return merged;
    } catch (ReportFileException | IOException e) {
      // The merge of all parts says what is wrong.
      return null;
    }
  }

  private static String build(JsonObject own) {
    return Json.string(Json.objects(own, "jvms").get(0), "build", "");
  }

  private String nameIn(Path root) {
    Path name = directory.startsWith(root) ? root.relativize(directory) : directory;
    return name.toString().replace('\\', '/');
  }

  /**
   * Writes the part. Two JVMs in two containers may have the same id, and one JVM may have several
   * runs; another one then adds a number to the name of its part. Needs the lock.
   */
  private static void writePart(Path parts, StreamReport report, String json) throws IOException {
    String mine = report.partName();
    String name = mine == null ? freeName(parts, report.id()) : mine;
    WholeFile.write(parts.resolve(name), json);
    report.partName(name);
  }

  /**
   * Returns a name that no part has. It doubles the number until one is free and then halves the
   * steps, because a JVM may have a run for each of hundreds of classes.
   */
  private static String freeName(Path parts, String id) {
    if (!Files.exists(parts.resolve(id + PART))) {
      return id + PART;
    }
    int taken = 1;
    int free = 2;
    while (Files.exists(parts.resolve(id + "-" + free + PART))) {
      taken = free;
      free *= 2;
    }
    while (free - taken > 1) {
      int middle = (taken + free) / 2;
      if (Files.exists(parts.resolve(id + "-" + middle + PART))) {
        taken = middle;
      } else {
        free = middle;
      }
    }
    return id + "-" + free + PART;
  }

  private JsonObject merge(Path parts, List<String> notes, List<String> warnings)
      throws IOException {
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
    Baseline known;
    if (updates == null) {
      known = Baseline.read(baseline);
    } else {
      JsonObject jvm = Json.objects(merged, "jvms").get(0);
      BaselineUpdate update =
          new BaselineFile(baseline, directory)
              .update(merged, Json.string(jvm, "build", ""), Json.isTrue(jvm, "outlivesBuilds"));
      known = update.after();
      updates.accept(update.inFull(baseline));
    }
    Path file = baseline.toAbsolutePath().normalize();
    return Merge.baseline(
        (file.startsWith(workingDirectory) ? workingDirectory.relativize(file) : file)
            .toString()
            .replace('\\', '/'),
        known.fingerprints().size(),
        known.gone(Merge.complaints(merged).keySet()));
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

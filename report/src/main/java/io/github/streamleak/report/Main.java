package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The command line. It merges the reports of several modules or shards, and updates a baseline from
 * them.
 *
 * <pre>{@code
 * java -cp grpc-stream-leak-report.jar:grpc-stream-leak-recorder.jar:gson.jar \
 *     io.github.streamleak.report.Main --help
 * }</pre>
 *
 * <p>The exit code is 0 if the command succeeded, 1 if a file could not be written, and 2 if the
 * arguments are wrong or a named file cannot be used; with 2 nothing was written. It is 3 if a
 * comparison has found something that an earlier run did not have.
 */
public final class Main {

  private static final int DONE = 0;
  private static final int NOT_WRITTEN = 1;
  private static final int BAD_INPUT = 2;
  private static final int NEW_FOUND = 3;

  private static final String HELP =
      """
      Usage:
        merge --into <directory> <report>...
            makes one report out of several, and writes streams.json, leaks.sarif, summary.md
            and index.html into <directory>; a report that is not there is left out, and said
        compare --to <report> --into <directory> <report>...
            the same, and says what is new, what is gone and what has stayed since an earlier run,
            that of the first report
        baseline update --file <file> <report>...
            writes the baseline anew: adds new findings and takes off those that are gone
        --help
            prints this

      <report> is a directory with a streams.json, or such a file.
      Exit codes: 0 the command succeeded; 1 a file could not be written; 2 the arguments are wrong,
      or a file cannot be used; 3 compare has found something new.
      """;

  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  @SuppressWarnings("SystemOut") // A command line speaks there.
  public static void main(String[] args) {
    System.exit(run(List.of(args), System.out, System.err));
  }

  static int run(List<String> args, PrintStream out, PrintStream err) {
    try {
      if (args.equals(List.of("--help"))) {
        out.print(HELP);
      } else if (startsWith(args, "merge", "--into")) {
        Comparison unused =
            merge(path(args.get(2)), reportsThere(args.subList(3, args.size()), err), null, out);
      } else if (startsWith(args, "compare", "--to")
          && args.size() > 5
          && args.get(3).equals("--into")) {
        ReportFile earlier = ReportFile.read(file(path(args.get(2))));
        Comparison comparison =
            merge(path(args.get(4)), reportsThere(args.subList(5, args.size()), err), earlier, out);
        return comparison == null || comparison.added().isEmpty() ? DONE : NEW_FOUND;
      } else if (startsWith(args, "baseline", "update", "--file")) {
        updateBaseline(path(args.get(3)), reports(args.subList(4, args.size())), out);
      } else {
        err.println(
            (args.isEmpty()
                    ? "There is no command."
                    : "This is not a command: " + String.join(" ", args) + ".")
                + " The commands are:");
        HELP.lines()
            .filter(line -> line.startsWith("  ") && !line.startsWith("   "))
            .forEach(err::println);
        return BAD_INPUT;
      }
      return DONE;
    } catch (ReportFileException e) {
      err.println(e.getMessage());
      return BAD_INPUT;
    } catch (IOException e) {
      err.println("could not be written: " + ReportWriter.reason(e));
      return NOT_WRITTEN;
    }
  }

  /** Returns whether the arguments begin with {@code words} and have at least two more. */
  private static boolean startsWith(List<String> args, String... words) {
    return args.size() > words.length + 1
        && args.subList(0, words.length).equals(Arrays.asList(words));
  }

  private static Path path(String name) {
    try {
      return Path.of(name).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new ReportFileException(name + ": is not a path: " + e.getReason(), e);
    }
  }

  /**
   * Reads those reports that are there, and says which are not: a module without a test that is
   * checked has none.
   */
  private static Collection<ReportFile> reportsThere(List<String> names, PrintStream err) {
    List<String> there = names.stream().filter(name -> Files.exists(file(path(name)))).toList();
    if (!there.isEmpty()) {
      names.stream()
          .filter(name -> !there.contains(name))
          .forEach(name -> err.println(path(name) + ": left out, since there is no report"));
    }
    return reports(there.isEmpty() ? names : there);
  }

  private static Path file(Path named) {
    return Files.isDirectory(named) ? named.resolve(Outputs.STREAMS) : named;
  }

  /** Reads all reports before anything is written. A report that is named twice is read once. */
  private static Collection<ReportFile> reports(List<String> names) {
    Map<Path, ReportFile> reports = new LinkedHashMap<>();
    for (String name : names) {
      Path file = file(path(name));
      if (!reports.containsKey(file)) {
        reports.put(file, ReportFile.read(file));
      }
    }
    return reports.values();
  }

  /** Merges reports, and compares the result with an earlier one if there is one. */
  private static @Nullable Comparison merge(
      Path into, Collection<ReportFile> reports, @Nullable ReportFile earlier, PrintStream out)
      throws IOException {
    for (ReportFile report : reports) {
      if (report.path().equals(into.resolve(Outputs.STREAMS))) {
        throw new ReportFileException(
            into + ": cannot be both read and written; name another directory after --into");
      }
    }
    Files.createDirectories(into);
    JsonObject merged = Merge.ofReports(List.copyOf(reports));
    Comparison comparison = earlier == null ? null : Comparison.of(earlier, merged);
    if (comparison != null) {
      merged.add(Comparison.MEMBER, comparison.toJson());
    }
    SourceFiles sources = SourceFiles.around(Path.of(""), System.getenv());
    LockedFile.whileHeld(
        into.resolve(".lock"),
        lock -> {
          // What is in the directory is no longer the merge of its parts.
          MergeState unused = MergeState.takenFrom(lock);
          Outputs.write(into, merged, sources, /* withPage= */ true);
          return merged;
        });
    out.println(into + ": " + Summary.verdict(merged));
    if (comparison != null) {
      out.println(comparison.sentence());
      comparison.lines().forEach(line -> out.println("  " + line));
    }
    return comparison;
  }

  private static void updateBaseline(Path file, Collection<ReportFile> reports, PrintStream out)
      throws IOException {
    JsonObject merged = Merge.ofReports(List.copyOf(reports));
    Baseline before = Baseline.readIfThere(file);
    BaselineUpdate update =
        BaselineUpdate.of(
            before, before, Merge.complaints(merged), Set.of(), StreamReport.whyPartial(merged));
    update.after().write(file);
    out.println(file + ": " + update.inShort());
  }
}

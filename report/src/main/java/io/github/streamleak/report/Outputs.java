package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The files that people and tools read. All are written anew from one merged report. */
final class Outputs {

  static final String STREAMS = "streams.json";

  private static final String SARIF = "leaks.sarif";
  private static final String SUMMARY = "summary.md";
  private static final String PAGE = "index.html";

  private Outputs() {}

  /**
   * Writes all files.
   *
   * @param withPage whether there is to be a page; if not, that of an earlier build is deleted
   * @throws IOException if a file could not be written. It is deleted then, because what an earlier
   *     build has written is no longer true, and the others are written all the same.
   */
  static void write(Path directory, JsonObject report, SourceFiles sources, boolean withPage)
      throws IOException {
    String json = Json.write(report);
    List<IOException> failed = new ArrayList<>();
    write(directory.resolve(STREAMS), () -> json, failed);
    write(directory.resolve(SARIF), () -> Json.write(Sarif.render(report, sources)), failed);
    write(directory.resolve(SUMMARY), () -> Summary.render(report, sources), failed);
    if (withPage) {
      write(directory.resolve(PAGE), () -> Page.render(report), failed);
    } else {
      Files.deleteIfExists(directory.resolve(PAGE));
    }
    if (!failed.isEmpty()) {
      throw failed.get(0);
    }
  }

  private static void write(Path file, Supplier<String> text, List<IOException> failed)
      throws IOException {
    try {
      WholeFile.write(file, text.get());
    } catch (IOException e) {
      failed.add(e);
      if (Files.isRegularFile(file)) {
        Files.delete(file);
      }
    }
  }

  /** Deletes all files: those of an earlier build, when this one can write none. */
  static void delete(Path directory) throws IOException {
    for (String name : List.of(STREAMS, SARIF, SUMMARY, PAGE)) {
      if (Files.isRegularFile(directory.resolve(name))) {
        Files.delete(directory.resolve(name));
      }
    }
  }
}

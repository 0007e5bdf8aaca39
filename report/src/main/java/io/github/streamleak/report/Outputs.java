package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files that people and tools read. All are written anew from one merged report. */
final class Outputs {

  static final String STREAMS = "streams.json";

  private static final String PAGE = "index.html";

  private Outputs() {}

  static void write(Path directory, JsonObject report, SourceFiles sources) throws IOException {
    writeSmall(directory, report, sources);
    writePage(directory, report);
  }

  /** Writes what programs read, and the summary: all but the page. */
  static void writeSmall(Path directory, JsonObject report, SourceFiles sources)
      throws IOException {
    WholeFile.write(directory.resolve(STREAMS), Json.write(report));
    WholeFile.write(directory.resolve("leaks.sarif"), Json.write(Sarif.render(report, sources)));
    WholeFile.write(directory.resolve("summary.md"), Summary.render(report));
  }

  static void writePage(Path directory, JsonObject report) throws IOException {
    WholeFile.write(directory.resolve(PAGE), Page.render(Json.write(report)));
  }

  /** Deletes the page of an earlier build, which shows what is no longer true. */
  static void deletePage(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(PAGE));
  }
}

package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;

/** The files that people and tools read. All are written anew from one merged report. */
final class Outputs {

  static final String STREAMS = "streams.json";

  private Outputs() {}

  static void write(Path directory, JsonObject report, SourceFiles sources) throws IOException {
    String json = Json.write(report);
    WholeFile.write(directory.resolve(STREAMS), json);
    WholeFile.write(directory.resolve("leaks.sarif"), Json.write(Sarif.render(report, sources)));
    WholeFile.write(directory.resolve("summary.md"), Summary.render(report));
    WholeFile.write(directory.resolve("index.html"), Page.render(json));
  }
}

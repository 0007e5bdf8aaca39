package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/** How a frame of a stack reads in a report. */
final class Frames {

  private Frames() {}

  /** The source file's path and the line's text are filled in by {@link SourceFiles}. */
  static JsonElement toJson(@Nullable StackTraceElement frame) {
    if (frame == null) {
      return JsonNull.INSTANCE;
    }
    JsonObject json = new JsonObject();
    json.add("class", Json.text(frame.getClassName()));
    json.add("method", Json.text(frame.getMethodName()));
    json.add("file", Json.text(frame.getFileName()));
    json.addProperty("line", Math.max(0, frame.getLineNumber()));
    json.add("path", JsonNull.INSTANCE);
    json.add("code", JsonNull.INSTANCE);
    return json;
  }

  /** Renders a frame so that an IDE and a terminal link it. */
  static String link(StackTraceElement frame) {
    return link(
        frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber());
  }

  /** Renders a frame of a report in the same way. */
  static String link(JsonObject frame) {
    return link(
        Json.string(frame, "class", "?"),
        Json.string(frame, "method", "?"),
        Json.string(frame, "file"),
        Json.number(frame, "line", 0));
  }

  private static String link(String type, String method, @Nullable String file, long line) {
    return type
        + "."
        + method
        + "("
        + (file == null ? "Unknown Source" : file)
        + (line > 0 ? ":" + line : "")
        + ")";
  }
}

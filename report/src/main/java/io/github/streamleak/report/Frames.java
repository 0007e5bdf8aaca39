package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/** Renders the frames of a stack. */
final class Frames {

  private Frames() {}

  /** Returns a frame as JSON. {@link SourceFiles} fills in the path and the text of its line. */
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

  /** Returns a frame in the form that an IDE and a terminal link. */
  static String link(StackTraceElement frame) {
    return link(
        frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber());
  }

  /** Returns a frame of a report in the same form. */
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

package io.github.streamleak.report;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;

/** Renders index.html: the page, with the data of streams.json inside it. */
final class Page {

  private static final String ELEMENT = "id=\"streamleak-data\">";
  private static final String MARKER = ELEMENT + "/*STREAMLEAK-DATA*/";

  /** A page that is larger is slow to open where it is looked at: in the artifacts of a build. */
  private static final long MOST_BYTES = 1_000_000;

  private Page() {}

  static String render(JsonObject report) {
    String page = Resources.page();
    long room = MOST_BYTES - page.getBytes(StandardCharsets.UTF_8).length;
    String json = Json.compact(PageData.within(room, report));
    int at = page.indexOf(MARKER);
    return page.substring(0, at) + ELEMENT + escape(json) + page.substring(at + MARKER.length());
  }

  /**
   * Escapes the characters that HTML or JavaScript would read as their own. In JSON they occur only
   * inside strings, where the escape means the same. HTML would end the element at {@code
   * </script>} and start a comment at {@code <!--}; U+2028 and U+2029 end a line in JavaScript.
   */
  static String escape(String json) {
    return json.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }
}

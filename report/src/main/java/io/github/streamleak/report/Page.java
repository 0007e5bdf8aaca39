package io.github.streamleak.report;

/** Renders index.html: the page, with the data of streams.json inside it. */
final class Page {

  private static final String ELEMENT = "id=\"streamleak-data\">";
  private static final String MARKER = ELEMENT + "/*STREAMLEAK-DATA*/";

  private Page() {}

  static String render(String json) {
    String page = Resources.page();
    int at = page.indexOf(MARKER);
    return page.substring(0, at) + ELEMENT + escape(json) + page.substring(at + MARKER.length());
  }

  /**
   * Escapes the characters that HTML or JavaScript would read as their own. In JSON they occur only
   * inside strings, where the escape means the same. HTML would end the element at {@code
   * </script>} and start a comment at {@code <!--}; U+2028 and U+2029 end a line in JavaScript.
   */
  private static String escape(String json) {
    return json.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }
}

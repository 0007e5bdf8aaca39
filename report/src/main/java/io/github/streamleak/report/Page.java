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
    String json = PageData.text(PageData.within(room, report));
    int at = page.indexOf(MARKER);
    return page.substring(0, at) + ELEMENT + json + page.substring(at + MARKER.length());
  }
}

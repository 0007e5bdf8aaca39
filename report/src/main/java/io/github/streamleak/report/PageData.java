package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts what {@code streams.json} holds to what a page can carry, which people open over a slow line
 * and keep as an artifact of each build. A report that fits is left whole. Of a larger one, first
 * the stories lose their middle, all alike, and if that is not enough, further stories of equal
 * findings and then those of the last findings are left out. The page says each time that {@code
 * streams.json} has the rest.
 */
final class PageData {

  /** Members that only the page's data have, and that the page reads. */
  private static final String EVENTS_CUT = "eventsCut";

  private static final String STORY_CUT = "storyCut";

  private static final String STREAM = "stream";

  /**
   * How many events a story keeps at each end, and how many frames of its stack: from all that a
   * report has, first as it is and then without what goes without saying, to what still tells how a
   * stream began and where it stands.
   */
  private enum Depth {
    WHOLE(Integer.MAX_VALUE, Integer.MAX_VALUE),
    BRIEF(Integer.MAX_VALUE, Integer.MAX_VALUE),
    LONG(16, 24),
    MIDDLE(10, 12),
    SHORT(6, 6);

    private final int events;
    private final int frames;

    Depth(int events, int frames) {
      this.events = events;
      this.frames = frames;
    }
  }

  private PageData() {}

  /** Returns the data of a page that has {@code most} bytes at most, if it can. */
  static JsonObject within(long most, JsonObject report) {
    List<JsonObject> entries = new ArrayList<>();
    List<JsonObject> stories = new ArrayList<>();
    for (JsonObject entry : Json.objects(report, "entries")) {
      JsonObject copy = shallow(entry);
      JsonObject story = Json.object(entry, STREAM);
      copy.add(STREAM, JsonNull.INSTANCE);
      entries.add(copy);
      stories.add(story == null ? new JsonObject() : story);
    }
    JsonObject page = shallow(report);
    JsonArray array = new JsonArray();
    entries.forEach(array::add);
    page.add("entries", array);
    fill(entries, stories, most - size(page));
    return page;
  }

  private static void fill(List<JsonObject> entries, List<JsonObject> stories, long room) {
    for (Depth depth : Depth.values()) {
      List<JsonObject> cut = stories.stream().map(story -> cut(story, depth)).toList();
      boolean fits = cut.stream().mapToLong(PageData::size).sum() <= room;
      if (fits || depth == Depth.SHORT) {
        add(entries, cut, fits ? Long.MAX_VALUE : room);
        return;
      }
    }
  }

  /** Gives the entries their stories while there is room: the first of each kind before others. */
  private static void add(List<JsonObject> entries, List<JsonObject> stories, long room) {
    Map<String, Integer> seen = new HashMap<>();
    List<Integer> turns = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (JsonObject entry : entries) {
      turns.add(seen.merge(Json.string(entry, "fingerprint", ""), 1, Integer::sum));
      order.add(order.size());
    }
    order.sort(Comparator.comparing(turns::get));
    long left = room;
    for (int i : order) {
      JsonObject story = stories.get(i);
      long size = size(story);
      if (story.size() == 0) {
        continue;
      }
      if (size <= left) {
        left -= size;
        entries.get(i).add(STREAM, story);
      } else {
        left = 0;
        entries.get(i).addProperty(STORY_CUT, true);
      }
    }
  }

  private static JsonObject cut(JsonObject story, Depth depth) {
    if (story.size() == 0) {
      return story;
    }
    JsonObject cut = shallow(story);
    List<JsonObject> events = Json.objects(story, "events");
    int most = depth.events < (events.size() + 1) / 2 ? 2 * depth.events : events.size();
    boolean isCut = most < events.size();
    JsonArray kept = new JsonArray();
    for (int i = 0; i < events.size(); i++) {
      if (!isCut || i < depth.events || i >= events.size() - depth.events) {
        JsonObject event = events.get(i);
        kept.add(depth == Depth.WHOLE ? event : brief(event, Json.string(story, "thread", "")));
      }
    }
    cut.add("events", kept);
    if (isCut) {
      cut.addProperty(EVENTS_CUT, events.size() - kept.size());
    }
    List<String> stack = Json.strings(story, "stack");
    if (depth.frames < stack.size()) {
      List<String> frames = new ArrayList<>(stack.subList(0, depth.frames));
      frames.add("... and " + (stack.size() - depth.frames) + " more, in streams.json");
      cut.add("stack", Json.texts(frames));
    }
    return cut;
  }

  /** Leaves out what the page takes for granted. */
  private static JsonObject brief(JsonObject event, String thread) {
    JsonObject brief = shallow(event);
    if (thread.equals(Json.string(event, "thread"))) {
      brief.remove("thread");
    }
    if (Json.number(event, "attempt", 1) == 0) {
      brief.remove("attempt");
    }
    return brief;
  }

  private static JsonObject shallow(JsonObject json) {
    JsonObject copy = new JsonObject();
    for (Map.Entry<String, JsonElement> member : json.entrySet()) {
      copy.add(member.getKey(), member.getValue());
    }
    return copy;
  }

  private static long size(JsonObject json) {
    return text(json).getBytes(StandardCharsets.UTF_8).length;
  }

  /** Returns the text of {@code json} as it may stand in HTML. */
  static String text(JsonObject json) {
    return escape(Json.compact(json));
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

package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** How much of a large report its page carries. */
class PageDataTest {

  private static final int MOST_BYTES = 1_000_000;
  private static final int EVENTS = 64;
  private static final int FRAMES = 30;

  @Test
  void pageOfThreeHundredFindingsHasAStoryOfEachInLessThanAMegabyteTest() {
    JsonObject report = report(300, 300);
    String page = Page.render(report);

    assertThat(Json.write(report).length()).isGreaterThan(2 * MOST_BYTES);
    assertThat(page.getBytes(StandardCharsets.UTF_8).length).isBetween(MOST_BYTES / 2, MOST_BYTES);
    List<JsonObject> entries = Json.objects(data(page), "entries");
    assertThat(entries).hasSize(300).noneMatch(entry -> entry.has("storyCut"));
    JsonObject story = Objects.requireNonNull(Json.object(entries.get(299), "stream"));
    List<JsonObject> events = Json.objects(story, "events");
    long cut = Json.number(story, "eventsCut", 0);
    assertThat(cut).isEqualTo(EVENTS - events.size()).isPositive();
    assertThat(events.get(0))
        .hasToString(
            "{\"seq\":0,\"nanos\":0,\"lane\":\"APPLICATION\",\"kind\":\"Received\",\"text\":\"inbound message #0\"}");
    assertThat(events.get(events.size() - 1).get("seq").getAsInt()).isEqualTo(EVENTS - 1);
    assertThat(Json.strings(story, "stack"))
        .last()
        .asString()
        .matches("\\.\\.\\. and \\d+ more, in streams\\.json");
  }

  @Test
  void reportThatFitsIsWholeTest() {
    JsonObject report = report(3, 3);
    assertThat(data(Page.render(report))).isEqualTo(report);
    assertThat(Json.objects(report, "entries").get(0).getAsJsonObject("stream"))
        .as("the report itself is not cut")
        .hasToString(story().toString());
  }

  @Test
  void firstOfEachKindKeepsItsStoryWhereThereIsNoRoomForAllTest() {
    List<JsonObject> entries = Json.objects(PageData.within(900_000, report(600, 20)), "entries");

    assertThat(entries.subList(0, 20)).noneMatch(entry -> entry.has("storyCut"));
    assertThat(entries.get(599).get("storyCut").getAsBoolean()).isTrue();
    assertThat(entries.get(599).get("stream")).isEqualTo(JsonNull.INSTANCE);
    assertThat(Json.compact(PageData.within(900_000, report(600, 20))).length())
        .isLessThan(900_000);
  }

  private static JsonObject data(String page) {
    String start = "id=\"streamleak-data\">";
    int from = page.indexOf(start) + start.length();
    return Json.parse(page.substring(from, page.indexOf("</script>", from))).getAsJsonObject();
  }

  /** Returns a report with {@code count} findings of {@code kinds} kinds, in turn. */
  private static JsonObject report(int count, int kinds) {
    JsonArray entries = new JsonArray();
    for (int i = 0; i < count; i++) {
      JsonObject entry = new JsonObject();
      entry.addProperty("rule", "LEAKED_STREAM");
      entry.addProperty("fingerprint", "acme.S/M" + i % kinds + " NOT_DRAINED acme.C.open");
      entry.addProperty("sentence", "the client has stopped asking <and> more".repeat(10));
      entry.add("stream", story());
      entries.add(entry);
    }
    JsonObject report = new JsonObject();
    report.addProperty("schemaVersion", 1);
    report.add("entries", entries);
    return report;
  }

  private static JsonObject story() {
    JsonObject story = new JsonObject();
    story.addProperty("thread", "main");
    JsonArray events = new JsonArray();
    for (int i = 0; i < EVENTS; i++) {
      JsonObject event = new JsonObject();
      event.addProperty("seq", i);
      event.addProperty("nanos", i * 1_000);
      event.addProperty("lane", "APPLICATION");
      event.addProperty("kind", "Received");
      event.addProperty("attempt", 0);
      event.addProperty("thread", "main");
      event.addProperty("text", "inbound message #" + i);
      events.add(event);
    }
    story.add("events", events);
    JsonArray stack = new JsonArray();
    for (int i = 0; i < FRAMES; i++) {
      stack.add("org.junit.platform.engine.support.Node" + i + ".execute(Node.java:" + i + ")");
    }
    story.add("stack", stack);
    return story;
  }
}

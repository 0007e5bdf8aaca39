package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedAttempt;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import io.grpc.Status;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Renders what happened on one stream as JSON: the member {@code stream} of an entry. */
final class Story {

  private Story() {}

  static JsonObject of(
      RecordedStream stream, @Nullable Duration testEnded, @Nullable Duration checked) {
    JsonObject json = new JsonObject();
    json.addProperty("view", stream.coverage() == Coverage.WHOLE ? "whole" : "transport");
    json.addProperty("open", stream.isOpen());
    JsonArray releases = new JsonArray();
    stream.releases().forEach(release -> releases.add(release.name()));
    json.add("releases", releases);
    json.add("thread", Json.text(stream.thread()));
    json.add("state", Json.text(stream.state()));
    json.add("status", status(stream.terminalStatus()));
    json.addProperty("requested", stream.requested());
    json.addProperty("sent", stream.count(EventKind.SENT));
    json.addProperty("received", stream.count(EventKind.RECEIVED));
    json.addProperty("halfClosed", stream.isHalfClosed());
    json.addProperty("hasDeadline", stream.hasDeadline());
    json.addProperty("openedAtNanos", 0);
    json.addProperty("endedByShutdown", stream.isEndedByShutdown());
    json.add("testEndedNanos", nanos(testEnded));
    json.add("checkedNanos", nanos(checked));
    json.addProperty("dropped", stream.droppedEvents());
    JsonArray attempts = new JsonArray();
    stream.attempts().forEach(attempt -> attempts.add(attempt(attempt)));
    json.add("attempts", attempts);
    JsonArray events = new JsonArray();
    stream.events().forEach(event -> events.add(event(event)));
    json.add("events", events);
    json.add("stack", Json.texts(stream.openingStack().stream().map(Frames::link).toList()));
    return json;
  }

  private static JsonElement nanos(@Nullable Duration duration) {
    return duration == null ? JsonNull.INSTANCE : new JsonPrimitive(duration.toNanos());
  }

  private static JsonObject attempt(RecordedAttempt attempt) {
    JsonObject json = new JsonObject();
    json.addProperty("number", attempt.number());
    json.addProperty("why", attempt.retry().text());
    Pick pick = attempt.pick();
    json.add("pick", Json.text(pick == null ? null : pick.describe()));
    json.add("address", Json.text(attempt.remoteAddress()));
    json.add("status", status(attempt.status()));
    json.add("pickerDone", status(attempt.pickerStatus()));
    return json;
  }

  private static JsonObject event(StreamEvent event) {
    JsonObject json = new JsonObject();
    StreamEvent.Point at = event.at();
    json.addProperty("seq", at.sequence());
    json.addProperty("nanos", at.sinceStart().toNanos());
    json.addProperty("lane", event.lane().name());
    json.addProperty("kind", event.getClass().getSimpleName());
    json.addProperty("attempt", at.attempt());
    json.add("thread", Json.text(at.thread()));
    json.add("text", Json.text(event.describe()));
    return json;
  }

  private static JsonElement status(@Nullable Status status) {
    if (status == null) {
      return JsonNull.INSTANCE;
    }
    String description = status.getDescription();
    return Json.text(status.getCode() + (description == null ? "" : ": " + description));
  }
}

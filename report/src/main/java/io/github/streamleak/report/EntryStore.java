package io.github.streamleak.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a bounded number of entries, and a bounded number of stories for each fingerprint. The rest
 * is only counted, so that a suite that leaks in every test costs no more memory than one that
 * leaks in a few. Not thread-safe.
 */
final class EntryStore {

  static final int MOST_STORIES = 20;
  static final int MOST_ENTRIES = 10_000;

  private final List<JsonObject> entries = new ArrayList<>();
  private final Map<String, Integer> stories = new HashMap<>();
  private final Map<String, Integer> equal = new HashMap<>();
  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private long omittedStories;
  private long omittedEntries;

  /**
   * Adds an entry. When the store is full, the entry takes the place of one that matters less: the
   * last one whose fingerprint and line another entry has as well, or else the last one with a
   * lesser outcome. A baseline is written from the entries that are kept, so the first entry of a
   * line matters more than the thousandth of another.
   *
   * @param story renders the story; called only if the story is kept; null if there is none
   */
  void add(JsonObject entry, @Nullable Supplier<? extends JsonElement> story) {
    String fingerprint = Json.string(entry, "fingerprint", "");
    String place = placeOf(entry);
    if (entries.size() >= MOST_ENTRIES && !makeRoomFor(entry, place)) {
      omittedEntries++;
      return;
    }
    entry.add("stream", JsonNull.INSTANCE);
    if (story != null) {
      if (stories.getOrDefault(fingerprint, 0) < MOST_STORIES) {
        entry.add("stream", story.get());
        stories.merge(fingerprint, 1, Integer::sum);
      } else {
        omittedStories++;
      }
    }
    entries.add(entry);
    equal.merge(place, 1, Integer::sum);
    outcomes.merge(Entry.outcome(entry), 1, Integer::sum);
  }

  private boolean makeRoomFor(JsonObject entry, String place) {
    Outcome outcome = Entry.outcome(entry);
    boolean isNew = !equal.containsKey(place);
    boolean mattersMore =
        outcomes.keySet().stream().anyMatch(other -> other.compareTo(outcome) > 0);
    if (!isNew && !mattersMore) {
      return false;
    }
    int lesser = -1;
    for (int i = entries.size() - 1; i >= 0; i--) {
      boolean isLesser = Entry.outcome(entries.get(i)).compareTo(outcome) > 0;
      if ((isNew || isLesser) && equal.getOrDefault(placeOf(entries.get(i)), 0) > 1) {
        remove(i);
        return true;
      }
      lesser = isLesser && lesser < 0 ? i : lesser;
    }
    if (lesser < 0) {
      return false;
    }
    remove(lesser);
    return true;
  }

  /** Fingerprint and line: a baseline counts the lines of a fingerprint. */
  private static String placeOf(JsonObject json) {
    Entry entry = new Entry(json);
    return entry.fingerprint() + " " + entry.openedOn();
  }

  private void remove(int i) {
    equal.computeIfPresent(placeOf(entries.get(i)), (f, n) -> n == 1 ? null : n - 1);
    outcomes.computeIfPresent(Entry.outcome(entries.remove(i)), (o, n) -> n == 1 ? null : n - 1);
    omittedEntries++;
  }

  /** Adds the numbers of stories and entries that a part had left out already. */
  void addOmitted(long stories, long entries) {
    omittedStories += Math.max(0, stories);
    omittedEntries += Math.max(0, entries);
  }

  List<JsonObject> entries() {
    return entries;
  }

  JsonObject omitted() {
    JsonObject json = new JsonObject();
    json.addProperty("stories", omittedStories);
    json.addProperty("entries", omittedEntries);
    return json;
  }
}

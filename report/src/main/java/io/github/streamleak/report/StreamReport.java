package io.github.streamleak.report;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Collects what one JVM has found; {@link ReportWriter} writes it. It is thread-safe.
 *
 * <p>It is bounded: it keeps 10,000 entries, and for each fingerprint the stories of the first 20
 * streams. The rest is counted. Streams are turned into text when they are added, so that a long
 * run does not keep its recorders in memory.
 */
public final class StreamReport {

  static final int SCHEMA_VERSION = 1;
  static final String TOOL = "Streamleak";

  static final String PARTIAL = "partial";
  static final String UNCHECKED = "unchecked";

  private static final String UNKNOWN = "unknown";

  private final Object lock = new Object();
  private final String id;
  private final String build;
  private final Instant startedAt;
  private final Listeners listeners;

  /** Whether the process that started this JVM goes on to start those of other builds. */
  private final boolean outlivesBuilds;

  @GuardedBy("lock")
  private final EntryStore entries = new EntryStore();

  /** The unique ids of the tests that ran, by the name of their class. */
  @GuardedBy("lock")
  private final Map<String, Set<String>> ran = new TreeMap<>();

  @GuardedBy("lock")
  private final Set<String> notes = new LinkedHashSet<>();

  /** The number of tests of each engine that was not checked. */
  @GuardedBy("lock")
  private final Map<String, Long> unchecked = new TreeMap<>();

  /** Why only a part of the suite has run; null if the whole suite has. */
  @GuardedBy("lock")
  private @Nullable String partial;

  @GuardedBy("lock")
  private String mode = UNKNOWN;

  @GuardedBy("lock")
  private String strictness = UNKNOWN;

  @GuardedBy("lock")
  private String watch = UNKNOWN;

  @GuardedBy("lock")
  private String view = "whole";

  @GuardedBy("lock")
  private long tests;

  @GuardedBy("lock")
  private long channels;

  @GuardedBy("lock")
  private long streams;

  /** The name of the part that was written; kept, so that writing again replaces that part. */
  @GuardedBy("lock")
  private @Nullable String partName;

  private StreamReport(String id, String build, Instant startedAt, boolean outlivesBuilds) {
    this.id = id;
    this.build = build;
    this.startedAt = startedAt;
    this.outlivesBuilds = outlivesBuilds;
    this.listeners = Listeners.load(this::note);
  }

  /** Returns an empty report of this JVM that starts now. */
  public static StreamReport create() {
    return create(
        BuildId.ofThisJvm(),
        BuildId.ofBuild(),
        Clock.systemUTC().instant(),
        BuildId.outlivesBuilds());
  }

  static StreamReport create(String id, String build, Instant startedAt) {
    return create(id, build, startedAt, /* outlivesBuilds= */ false);
  }

  static StreamReport create(String id, String build, Instant startedAt, boolean outlivesBuilds) {
    return new StreamReport(id, build, startedAt, outlivesBuilds);
  }

  /** Sets what a leak does, in the word of the user's setting: fail, warn or off. */
  public StreamReport mode(String mode) {
    synchronized (lock) {
      this.mode = Objects.requireNonNull(mode, "mode");
    }
    return this;
  }

  /** Sets how strict the other rules are, in the word of the user's setting. */
  public StreamReport strictness(String strictness) {
    synchronized (lock) {
      this.strictness = Objects.requireNonNull(strictness, "strictness");
    }
    return this;
  }

  /** Sets which channels were watched, in the word of the user's setting. */
  public StreamReport watch(String watch) {
    synchronized (lock) {
      this.watch = Objects.requireNonNull(watch, "watch");
    }
    return this;
  }

  /**
   * Sets how much of the channels was seen: {@code whole}, the default, or {@code transport} if the
   * application's side was out of reach.
   */
  public StreamReport view(String view) {
    synchronized (lock) {
      this.view = Objects.requireNonNull(view, "view");
    }
    return this;
  }

  /**
   * Notes that only a part of the suite runs. What is not found then may still be there, so the
   * report says that it is partial, and an update of the baseline takes nothing off.
   *
   * @param why what selects the part, such as {@code -Dtest=One}
   */
  public StreamReport partial(String why) {
    synchronized (lock) {
      this.partial = Objects.requireNonNull(why, "why");
    }
    return this;
  }

  /**
   * Counts a test that was judged, and notes that it ran: if another JVM of the build ran it
   * before, what that JVM found in it is superseded.
   *
   * @param className the binary name of the class that ran it
   * @param id the unique id, see {@link ReportEntry.Builder#uniqueId}
   */
  public void countTest(String className, String id) {
    Objects.requireNonNull(className, "className");
    Objects.requireNonNull(id, "id");
    synchronized (lock) {
      tests++;
      ran.computeIfAbsent(className, name -> new LinkedHashSet<>()).add(id);
    }
  }

  /** Counts a test that was judged, and that has no unique id. */
  public void countTest(String className) {
    Objects.requireNonNull(className, "className");
    synchronized (lock) {
      tests++;
    }
  }

  /** Adds to the number of channels that were recorded. */
  public void countChannels(long more) {
    synchronized (lock) {
      channels += more;
    }
  }

  /** Adds to the number of streams that were recorded. */
  public void countStreams(long more) {
    synchronized (lock) {
      streams += more;
    }
  }

  /** Adds to the number of tests that an engine ran and nobody checked. */
  public void countUnchecked(String engine, long more) {
    Objects.requireNonNull(engine, "engine");
    synchronized (lock) {
      unchecked.merge(engine, more, Long::sum);
    }
  }

  /** Adds a line of text about the run. The same text is kept once. */
  public void note(String note) {
    Objects.requireNonNull(note, "note");
    synchronized (lock) {
      notes.add(note);
    }
  }

  /** Adds an entry, and tells each {@link FindingListener} of it. */
  public void add(ReportEntry entry) {
    // It is rendered before the lock is taken, because tests end on many threads.
    JsonObject json = entry.toJson();
    listeners.tell(json, entry.story());
    synchronized (lock) {
      entries.add(json, entry.story());
    }
  }

  /** Returns whether nothing was added or counted. */
  public boolean isEmpty() {
    synchronized (lock) {
      return entries.entries().isEmpty() && tests == 0 && channels == 0 && streams == 0;
    }
  }

  String id() {
    return id;
  }

  @Nullable String partName() {
    synchronized (lock) {
      return partName;
    }
  }

  void partName(String name) {
    synchronized (lock) {
      this.partName = name;
    }
  }

  /** Returns a copy of the whole report, in the schema of {@code streams.json}. */
  JsonObject toJson() {
    synchronized (lock) {
      JsonObject jvm = new JsonObject();
      jvm.addProperty("id", id);
      jvm.addProperty("startedAt", startedAt.toString());
      jvm.addProperty("build", build);
      jvm.add("mode", Json.text(mode));
      jvm.add("strictness", Json.text(strictness));
      jvm.add("watch", Json.text(watch));
      jvm.add("view", Json.text(view));
      jvm.addProperty("tests", tests);
      jvm.addProperty("channels", channels);
      jvm.addProperty("streams", streams);
      jvm.add("notes", Json.texts(notes));
      jvm.addProperty("outlivesBuilds", outlivesBuilds);
      if (partial != null) {
        jvm.add(PARTIAL, Json.text(partial));
      }
      if (!unchecked.isEmpty()) {
        JsonObject engines = new JsonObject();
        unchecked.forEach(engines::addProperty);
        jvm.add(UNCHECKED, engines);
      }
      JsonObject ids = new JsonObject();
      ran.forEach((className, tests) -> ids.add(className, Json.texts(tests)));
      jvm.add("ran", ids);
      JsonArray jvms = new JsonArray();
      jvms.add(jvm);
      JsonArray copies = new JsonArray();
      entries.entries().forEach(entry -> copies.add(entry.deepCopy()));
      return document(jvms, JsonNull.INSTANCE, entries.omitted(), copies);
    }
  }

  static JsonObject document(
      JsonArray jvms, JsonElement baseline, JsonObject omitted, JsonArray entries) {
    JsonObject tool = new JsonObject();
    tool.addProperty("name", TOOL);
    tool.addProperty("version", Resources.version());
    JsonObject json = new JsonObject();
    json.addProperty("schemaVersion", SCHEMA_VERSION);
    json.add("tool", tool);
    json.add("jvms", jvms);
    json.add(PARTIAL, Json.texts(whyPartial(json)));
    json.add("baseline", baseline);
    json.add("omitted", omitted);
    json.add("entries", entries);
    json.add("verdict", Verdict.of(json).toJson());
    return json;
  }

  /** Returns why the JVMs of a report ran only a part of the suite; empty if they ran all of it. */
  static Set<String> whyPartial(JsonObject report) {
    Set<String> why = new TreeSet<>();
    for (JsonObject jvm : Json.objects(report, "jvms")) {
      String one = Json.string(jvm, PARTIAL);
      if (one != null) {
        why.add(one);
      }
    }
    return why;
  }
}

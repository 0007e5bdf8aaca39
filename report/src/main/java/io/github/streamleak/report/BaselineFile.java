package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The baseline that the JVMs of a build update, one after the other or at once, for one module or
 * for several.
 *
 * <p>Each of them writes what all of them have found so far. So the first one takes the lines off
 * that a later one will find again. For that reason it notes the file as it was, and each module
 * notes what it has found: from there the later ones have the comments of those lines, the findings
 * of the other modules, and what the whole build has added and taken off. What another program adds
 * to the file meanwhile stays. The notes stand in the file that is the lock.
 */
final class BaselineFile {

  private static final String BUILD = "build";
  private static final String BEFORE = "before";
  private static final String MODULES = "modules";
  private static final String SEEN = "seen";

  private final Path file;

  /** The directory of the report, which tells one module from another. */
  private final Path directory;

  BaselineFile(Path file, Path directory) {
    this.file = file;
    this.directory = directory;
  }

  /**
   * Updates the file.
   *
   * @param build the build that the report is of
   * @param outlivesBuilds whether the next build may have the same name; then what was noted may be
   *     of an earlier one, and is not used
   */
  BaselineUpdate update(JsonObject report, String build, boolean outlivesBuilds)
      throws IOException {
    return LockedFile.whileHeld(
        lock(),
        lock -> {
          Baseline now = Baseline.readIfThere(file);
          JsonObject notes = read(lock);
          if (outlivesBuilds || !build.equals(Json.string(notes, BUILD))) {
            notes = new JsonObject();
            notes.add(BUILD, Json.text(build));
            notes.add(BEFORE, Json.text(now.text()));
            notes.add(MODULES, new JsonObject());
          }
          JsonObject modules = notes.getAsJsonObject(MODULES);
          Set<String> taken = new HashSet<>(seen(modules).keySet());
          modules.add(directory.toString(), module(report));
          taken.removeAll(seen(modules).keySet());
          BaselineUpdate update =
              BaselineUpdate.of(
                  Baseline.parse(Json.string(notes, BEFORE, ""), file),
                  now,
                  seen(modules),
                  taken,
                  StreamReport.whyPartial(modules(modules)));
          update.after().write(file);
          write(lock, notes);
          return update;
        });
  }

  private static JsonObject module(JsonObject report) {
    JsonObject seen = new JsonObject();
    Merge.complaints(report).forEach(seen::addProperty);
    JsonObject module = new JsonObject();
    module.add(SEEN, seen);
    String why = String.join("; ", StreamReport.whyPartial(report));
    if (!why.isEmpty()) {
      module.add(StreamReport.PARTIAL, Json.text(why));
    }
    return module;
  }

  private static SortedMap<String, Integer> seen(JsonObject modules) {
    SortedMap<String, Integer> all = new TreeMap<>();
    for (String name : modules.keySet()) {
      JsonObject seen = modules.getAsJsonObject(name).getAsJsonObject(SEEN);
      seen.keySet().forEach(line -> all.merge(line, (int) Json.number(seen, line, 1), Math::max));
    }
    return all;
  }

  /** The modules say in the form of JVMs why they are partial. */
  private static JsonObject modules(JsonObject modules) {
    JsonArray array = new JsonArray();
    modules.keySet().forEach(name -> array.add(modules.get(name)));
    JsonObject json = new JsonObject();
    json.add("jvms", array);
    return json;
  }

  private static JsonObject read(FileChannel lock) throws IOException {
    lock.position(0);
    String text = new String(Channels.newInputStream(lock).readAllBytes(), StandardCharsets.UTF_8);
    try {
      return Json.parse(text) instanceof JsonObject json ? json : new JsonObject();
    } catch (JsonParseException e) {
      // A JVM died while it wrote.
      return new JsonObject();
    }
  }

  private static void write(FileChannel lock, JsonObject notes) throws IOException {
    lock.truncate(0);
    ByteBuffer bytes = ByteBuffer.wrap(Json.write(notes).getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      lock.write(bytes);
    }
  }

  /**
   * The baseline itself is replaced and cannot be locked, and a lock beside it would be committed
   * with it.
   */
  private Path lock() {
    byte[] path = file.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8);
    return Path.of(
        System.getProperty("java.io.tmpdir"),
        "streamleak-baseline-" + UUID.nameUUIDFromBytes(path) + ".lock");
  }
}

package io.github.streamleak.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON with Gson.
 *
 * <p>The tree may come from another program or another version. The methods that read a member
 * therefore treat a value of the wrong type like a missing one, and never throw. Only methods that
 * Gson has had since 2.8.5 are called, because the user's Gson is used.
 */
final class Json {

  /** Writes nulls, because the schema wants them, and does not escape what only HTML needs. */
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  private Json() {}

  /**
   * Returns {@code text} as JSON; null stays null. Half a surrogate pair cannot be written in
   * UTF-8, and strict readers refuse it, so it becomes the replacement character.
   */
  static JsonElement text(@Nullable String text) {
    return text == null ? JsonNull.INSTANCE : new JsonPrimitive(wellFormed(text));
  }

  static String wellFormed(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(out::appendCodePoint);
    return out.toString();
  }

  static JsonArray texts(Iterable<String> texts) {
    JsonArray array = new JsonArray();
    texts.forEach(text -> array.add(text(text)));
    return array;
  }

  static @Nullable String string(JsonObject json, String name) {
    JsonElement value = json.get(name);
    return value instanceof JsonPrimitive primitive && primitive.isString()
        ? primitive.getAsString()
        : null;
  }

  static String string(JsonObject json, String name, String otherwise) {
    String value = string(json, name);
    return value == null ? otherwise : value;
  }

  /**
   * Returns a whole number, or {@code otherwise} if there is none, if it has a fraction, or if it
   * does not fit into a {@code long}.
   */
  static long number(JsonObject json, String name, long otherwise) {
    JsonElement value = json.get(name);
    if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
      try {
        return primitive.getAsBigDecimal().longValueExact();
      } catch (ArithmeticException | NumberFormatException e) {
        return otherwise;
      }
    }
    return otherwise;
  }

  static boolean isTrue(JsonObject json, String name) {
    return json.get(name) instanceof JsonPrimitive primitive
        && primitive.isBoolean()
        && primitive.getAsBoolean();
  }

  static @Nullable JsonObject object(JsonObject json, String name) {
    return json.get(name) instanceof JsonObject object ? object : null;
  }

  static JsonArray array(JsonObject json, String name) {
    return json.get(name) instanceof JsonArray array ? array : new JsonArray();
  }

  static List<String> strings(JsonObject json, String name) {
    List<String> strings = new ArrayList<>();
    for (JsonElement element : array(json, name)) {
      if (element instanceof JsonPrimitive primitive && primitive.isString()) {
        strings.add(primitive.getAsString());
      }
    }
    return strings;
  }

  /** Returns the elements that are objects. */
  static List<JsonObject> objects(JsonObject json, String name) {
    List<JsonObject> objects = new ArrayList<>();
    for (JsonElement element : array(json, name)) {
      if (element instanceof JsonObject object) {
        objects.add(object);
      }
    }
    return objects;
  }

  /**
   * Reads one JSON document.
   *
   * @throws JsonParseException if the text is not JSON
   */
  // JsonParser.parseString, which replaces this, came with Gson 2.8.6.
  @SuppressWarnings("deprecation")
  static JsonElement parse(String text) {
    return new JsonParser().parse(text);
  }

  /** Returns the text of {@code json} without any white space. */
  static String compact(JsonElement json) {
    return GSON.toJson(json);
  }

  /**
   * Returns the text of {@code json}, indented by one space, with a line end after the last line.
   */
  static String write(JsonElement json) {
    StringWriter out = new StringWriter();
    JsonWriter writer = new JsonWriter(out);
    writer.setIndent(" ");
    GSON.toJson(json, writer);
    return out.append('\n').toString();
  }
}

package io.github.streamleak.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Gson's tree lacks: text that any reader can read, and answers for what another program may
 * have written. A value of the wrong type counts as none.
 */
final class Json {

  private Json() {}

  /**
   * Returns {@code text} as JSON; null stays null. Half a surrogate pair has no place in UTF-8 and
   * strict readers refuse it: the replacement character stands for it.
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

  /** Returns a whole number; {@code otherwise} for none, a fraction or what a long cannot hold. */
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

  static @Nullable JsonObject object(JsonObject json, String name) {
    return json.get(name) instanceof JsonObject object ? object : null;
  }

  static JsonArray array(JsonObject json, String name) {
    return json.get(name) instanceof JsonArray array ? array : new JsonArray();
  }

  static List<String> strings(JsonObject json, String name) {
    return array(json, name).asList().stream()
        .filter(value -> value instanceof JsonPrimitive primitive && primitive.isString())
        .map(JsonElement::getAsString)
        .toList();
  }

  /** Renders with an indent, {@code \n} and a line end after the last line. */
  static String write(JsonElement json) {
    StringWriter out = new StringWriter();
    JsonWriter writer = new JsonWriter(out);
    writer.setIndent(" ");
    try {
      write(json, writer);
    } catch (IOException e) {
      throw new UncheckedIOException("a StringWriter throws none", e);
    }
    return out.append('\n').toString();
  }

  private static void write(JsonElement json, JsonWriter writer) throws IOException {
    if (json instanceof JsonObject object) {
      writer.beginObject();
      for (Map.Entry<String, JsonElement> member : object.entrySet()) {
        writer.name(member.getKey());
        write(member.getValue(), writer);
      }
      writer.endObject();
    } else if (json instanceof JsonArray array) {
      writer.beginArray();
      for (JsonElement element : array) {
        write(element, writer);
      }
      writer.endArray();
    } else if (json instanceof JsonPrimitive primitive) {
      if (primitive.isBoolean()) {
        writer.value(primitive.getAsBoolean());
      } else if (primitive.isNumber()) {
        writer.value(primitive.getAsNumber());
      } else {
        writer.value(primitive.getAsString());
      }
    } else {
      writer.nullValue();
    }
  }
}

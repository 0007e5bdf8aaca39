package io.github.streamleak.run;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names classes and their members for messages: without the package, which is seldom in doubt. */
public final class Names {

  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private Names() {}

  /**
   * Escapes control characters in a text of one line. A test may be shown by a name that holds
   * some, and a terminal would obey them.
   */
  static String escaped(String text) {
    return CONTROL
        .matcher(text)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    String.format(Locale.ROOT, "\\u%04x", (int) found.group().charAt(0))));
  }

  /** Returns the simple name, with the enclosing classes of a nested one. */
  public static String of(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return outer == null ? type.getSimpleName() : of(outer) + "." + type.getSimpleName();
  }

  /** Returns the name of a field with that of its class. */
  public static String of(Field field) {
    return of(field.getDeclaringClass()) + "." + field.getName();
  }

  /** Returns the name of a method with that of the class that declares it. */
  public static String of(Method method) {
    return of(method.getDeclaringClass()) + "." + method.getName();
  }
}

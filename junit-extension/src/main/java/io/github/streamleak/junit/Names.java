package io.github.streamleak.junit;

import java.lang.reflect.Field;

/** How classes and fields are named in messages: without their package. */
final class Names {

  private Names() {}

  /** Returns the simple name, with the enclosing classes of a nested one. */
  static String of(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return outer == null ? type.getSimpleName() : of(outer) + "." + type.getSimpleName();
  }

  static String of(Field field) {
    return of(field.getDeclaringClass()) + "." + field.getName();
  }
}

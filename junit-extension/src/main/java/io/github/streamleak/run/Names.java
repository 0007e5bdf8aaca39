package io.github.streamleak.run;

import java.lang.reflect.Field;
import java.lang.reflect.Method;

/** Names classes and their members for messages: without the package, which is seldom in doubt. */
public final class Names {

  private Names() {}

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

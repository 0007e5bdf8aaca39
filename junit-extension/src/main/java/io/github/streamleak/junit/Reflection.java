package io.github.streamleak.junit;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * Reads and sets the fields of a test, whatever their visibility. The messages say what to do where
 * Java's modules do not allow it.
 */
final class Reflection {

  private Reflection() {}

  static @Nullable Object read(Field field, @Nullable Object instance, String place) {
    open(field, place, "read");
    try {
      return field.get(instance);
    } catch (IllegalAccessException e) {
      throw new ExtensionConfigurationException(place + " cannot be read: " + e.getMessage(), e);
    }
  }

  static void write(Field field, Object instance, Object value, String place) {
    open(field, place, "set");
    try {
      field.set(instance, value);
    } catch (IllegalAccessException e) {
      throw new ExtensionConfigurationException(place + " cannot be set: " + e.getMessage(), e);
    }
  }

  private static void open(AccessibleObject field, String place, String use) {
    try {
      field.setAccessible(true);
    } catch (InaccessibleObjectException e) {
      throw new ExtensionConfigurationException(
          place
              + " cannot be "
              + use
              + ": its module does not open the package; open it to io.github.streamleak.junit, or"
              + " make class and field public in an exported package",
          e);
    }
  }
}

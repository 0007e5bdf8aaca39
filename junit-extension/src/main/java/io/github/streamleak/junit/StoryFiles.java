package io.github.streamleak.junit;

import io.github.streamleak.stream.RecordedStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * Attaches a file to a test that failed, with the whole story of each stream that failed it.
 *
 * <p>JUnit takes such files from 5.12 on. The method is looked up by reflection, because this
 * module is compiled against an older JUnit and because the class of media types moved in 5.14.
 */
final class StoryFiles {

  private static final int MOST = 10;
  private static final @Nullable Method PUBLISH = publish();

  private StoryFiles() {}

  private static @Nullable Method publish() {
    for (Method method : ExtensionContext.class.getMethods()) {
      if (method.getName().equals("publishFile")
          && method.getParameterCount() == 3
          && method.getParameterTypes()[2] == ThrowingConsumer.class
          && !method.isAnnotationPresent(Deprecated.class)) {
        return method;
      }
    }
    return null;
  }

  /** Attaches a file for each of {@code streams}; does nothing on a JUnit that takes no files. */
  static void attach(ExtensionContext context, List<RecordedStream> streams) {
    for (int i = 0; i < Math.min(streams.size(), MOST); i++) {
      attach(context, "streamleak-" + (i + 1) + ".txt", streams.get(i));
    }
  }

  private static void attach(ExtensionContext context, String name, RecordedStream stream) {
    Method publish = PUBLISH;
    if (publish == null) {
      return;
    }
    ThrowingConsumer<Path> write = file -> Files.writeString(file, story(stream));
    try {
      Field plain = publish.getParameterTypes()[1].getField("TEXT_PLAIN_UTF_8");
      publish.invoke(context, name, plain.get(null), write);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // Whatever runs the tests may not accept files (by default EngineTestKit does not). The
      // failure
      // itself and the report say the same.
      return;
    }
  }

  private static String story(RecordedStream stream) {
    StringBuilder text = new StringBuilder(stream.describe()).append("\n\nall events kept:\n");
    long next = 0;
    for (var event : stream.events()) {
      if (event.at().sequence() > next) {
        text.append("  ... ").append(event.at().sequence() - next).append(" dropped\n");
      }
      next = event.at().sequence() + 1;
      text.append("  +")
          .append(event.at().sinceStart().toNanos() / 1_000)
          .append(" us  ")
          .append(event.describe())
          .append("  [")
          .append(event.at().thread())
          .append("]\n");
    }
    text.append("\nopened by:\n");
    for (StackTraceElement frame : stream.openingStack()) {
      text.append("  at ").append(frame).append('\n');
    }
    return text.toString();
  }
}

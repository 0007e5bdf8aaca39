package io.github.streamleak.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The files beside the classes: the page, and the version that the build wrote into a file. */
final class Resources {

  private Resources() {}

  static String version() {
    return read("version.txt").strip();
  }

  static String page() {
    return read("page.html");
  }

  private static String read(String name) {
    try (InputStream in = Resources.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar of grpc-stream-leak-report lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.github.streamleak.testsupport;

import io.grpc.MethodDescriptor.MethodType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A page of docs/ that a grid writes: its rules, its tables, and the mutants that it kills. Rules
 * and mutants are resources of the grid's own module. A test of the grid compares the page with the
 * file, and so holds each line of it to a cell that is run.
 */
public final class GridPage {

  private final StringBuilder text = new StringBuilder(part("rules.md"));

  /** Adds text, as {@link String#format}. */
  public void add(String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments));
  }

  /** Adds the rows of a group of endings under its title. */
  public void table(String title, Stream<Row> rows) {
    add("\n### %S%s\n\n", title.substring(0, 1), title.substring(1));
    add("| stub kind | method | ending | verdict | release | cause | note |\n");
    add("|---|---|---|---|---|---|---|\n");
    rows.forEach(
        row ->
            add(
                "| %s | %s | %s | %s | %s | %s | %s |\n",
                row.kind,
                text(row.method),
                row.ending,
                row.verdict,
                row.release,
                row.cause,
                row.note));
  }

  /** Returns the page, and writes it to {@code file} if the build was asked to. */
  public String end(Path file) throws IOException {
    String page = text + "\n" + part("mutants.md");
    if (Boolean.getBoolean("conformance.update")) {
      Files.writeString(file, page);
    }
    return page;
  }

  /**
   * A line of a table.
   *
   * @param kind what opens the stream
   * @param method the type of the method
   * @param ending what the client and the server do
   * @param verdict what it comes to
   * @param release what releases the stream, or a dash
   * @param cause why it is open, or a dash
   * @param note what else has to be known
   */
  public record Row(
      String kind,
      MethodType method,
      String ending,
      String verdict,
      String release,
      String cause,
      String note) {}

  /** Returns {@code method} in the words of the tables. */
  public static String text(MethodType method) {
    return switch (method) {
      case UNARY -> "unary";
      case SERVER_STREAMING -> "server";
      case CLIENT_STREAMING -> "client";
      case BIDI_STREAMING -> "bidi";
      case UNKNOWN -> "unknown";
    };
  }

  private static String part(String name) {
    try (InputStream in = GridPage.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

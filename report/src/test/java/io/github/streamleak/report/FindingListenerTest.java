package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What listeners that a service file names are told. */
class FindingListenerTest {

  private static final List<FindingListener.Finding> TOLD = new ArrayList<>();

  @TempDir Path temp;

  @BeforeEach
  void forget() {
    TOLD.clear();
  }

  @Test
  void listenerIsToldOnceWhatStandsInTheReportTest() throws Exception {
    StreamReport report = report(Keeps.class);
    try (Shop shop = new Shop()) {
      report.add(
          ReportEntry.leaked(shop.leak(), Outcome.FAILED)
              .ofTest("acme.PriceTest", "leaks", "leaks()")
              .build());
      report.add(ReportEntry.shown(shop.leak()).build());
    }
    write(report);

    assertThat(TOLD)
        .hasToString(
            "[LEAKED_STREAM failed acme.Shop/Watch NOT_DRAINED"
                + " io.github.streamleak.report.Shop.open]");
    JsonObject merged =
        Json.parse(Files.readString(temp.resolve("report/streams.json"))).getAsJsonObject();
    assertThat(Json.parse(TOLD.get(0).json())).isEqualTo(Json.objects(merged, "entries").get(0));
    assertThat(TOLD.get(0).rule()).isEqualTo("LEAKED_STREAM");
    assertThat(TOLD.get(0).outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void listenerThatThrowsIsANoteAndStopsNoOtherTest() throws Exception {
    StreamReport report = report(Throws.class, Keeps.class);
    report.add(
        ReportEntry.found("PROTOCOL", "acme.Shop/Buy", List.of(), Outcome.WARNED, "found").build());

    assertThat(TOLD).hasToString("[PROTOCOL warned acme.Shop/Buy PROTOCOL -]");
    assertThat(notes(report))
        .containsExactly(
            "the listener "
                + Throws.class.getName()
                + " threw java.lang.AssertionError: mine for PROTOCOL warned acme.Shop/Buy PROTOCOL -");
    assertThat(report.toJson().getAsJsonArray("entries")).hasSize(1);
  }

  @Test
  void listenerThatCannotBeMadeIsANoteTest() throws Exception {
    StreamReport report = report(Hidden.class);

    assertThat(notes(report)).hasSize(1);
    assertThat(notes(report).get(0))
        .startsWith("a listener for findings could not be made: " + FindingListener.class.getName())
        .contains(Hidden.class.getName());
  }

  private static List<String> notes(StreamReport report) {
    return Json.strings(Json.objects(report.toJson(), "jvms").get(0), "notes");
  }

  private StreamReport report(Class<?>... listeners) throws Exception {
    Path services = Files.createDirectories(temp.resolve("path/META-INF/services"));
    Files.write(
        services.resolve(FindingListener.class.getName()),
        List.of(listeners).stream().map(Class::getName).toList());
    return with(
        temp.resolve("path"),
        () -> StreamReport.create("1-1", "9-9", Instant.parse("2026-11-22T22:00:00Z")));
  }

  /** Runs an action with one more directory on the class path. */
  private static <T> T with(Path directory, Supplier<T> action) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return action.get();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private void write(StreamReport report) {
    PrintStream ignored = new PrintStream(OutputStream.nullOutputStream());
    assertThat(
            ReportWriter.to(temp.resolve("report"), Path.of(""), Map.of(), ignored).write(report))
        .isEmpty();
  }

  /** Keeps what it is told. */
  public static final class Keeps implements FindingListener {
    /** For the service loader. */
    public Keeps() {}

    @Override
    public void found(Finding finding) {
      TOLD.add(finding);
    }
  }

  /** Throws an error. */
  public static final class Throws implements FindingListener {
    /** For the service loader. */
    public Throws() {}

    @Override
    public void found(Finding finding) {
      throw new AssertionError("mine");
    }
  }

  /** Has no constructor that the service loader could call. */
  public static final class Hidden implements FindingListener {
    private Hidden() {}

    @Override
    public void found(Finding finding) {}
  }
}

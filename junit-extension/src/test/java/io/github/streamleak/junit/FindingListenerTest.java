package io.github.streamleak.junit;

import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.streamleak.report.FindingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.testkit.engine.EngineExecutionResults;

/** What a team's own listener is told of a run of JUnit. */
@Execution(ExecutionMode.SAME_THREAD)
class FindingListenerTest {

  private static final Queue<FindingListener.Finding> TOLD = new ConcurrentLinkedQueue<>();

  private static final List<String> FOUND =
      List.of(
          "allowed acme.Market/Watch of allows(MarketBlockingStub)",
          "failed acme.Market/Watch of leaks(MarketBlockingStub)",
          "failed acme.Market/Watch of leaksToo(MarketBlockingStub)",
          "failed acme.Market/Watch of FindingListenerTest$LeakyTestCases",
          "warned acme.Market/Watch of stopsBeforeTheStatus(MarketBlockingStub)");

  @TempDir Path temp;

  @BeforeEach
  void forget() {
    TOLD.clear();
  }

  @Test
  void listenerIsToldEachFindingOnceAndWhatStandsInTheReportTest() throws Exception {
    EngineExecutionResults results =
        run(LeakyTestCases.class, temp.resolve("report").toString(), Keeps.class);

    assertThat(verdicts(results)).isEqualTo(verdictsWithoutListener());
    assertThat(TOLD)
        .extracting(FindingListenerTest::text)
        .containsExactlyInAnyOrderElementsOf(FOUND);
    List<JsonElement> told = new ArrayList<>();
    TOLD.forEach(finding -> told.add(JsonParser.parseString(finding.json())));
    List<JsonElement> entries = new ArrayList<>();
    streams().getAsJsonArray("entries").forEach(entries::add);
    assertThat(told).containsExactlyInAnyOrderElementsOf(entries);
  }

  @Test
  void listenerIsToldWhereNoReportIsWrittenTest() throws Exception {
    EngineExecutionResults results = run(LeakyTestCases.class, "none", Keeps.class);

    assertThat(verdicts(results)).isEqualTo(verdictsWithoutListener());
    assertThat(TOLD)
        .extracting(FindingListenerTest::text)
        .containsExactlyInAnyOrderElementsOf(FOUND);
  }

  @Test
  void whatAListenerThrowsIsReportedAndChangesNoVerdictTest() throws Exception {
    List<String> log = new ArrayList<>();
    EngineExecutionResults[] results = new EngineExecutionResults[1];
    String report = temp.resolve("report").toString();
    Logs.during(
        log, () -> results[0] = run(LeakyTestCases.class, report, Throws.class, Keeps.class));

    assertThat(verdicts(results[0])).isEqualTo(verdictsWithoutListener());
    assertThat(TOLD)
        .extracting(FindingListenerTest::text)
        .containsExactlyInAnyOrderElementsOf(FOUND);
    List<String> said =
        TOLD.stream()
            .map(
                finding ->
                    "the listener "
                        + Throws.class.getName()
                        + " threw java.lang.AssertionError: mine for "
                        + finding)
            .distinct()
            .toList();
    List<String> notes = new ArrayList<>();
    streams()
        .getAsJsonArray("jvms")
        .get(0)
        .getAsJsonObject()
        .getAsJsonArray("notes")
        .forEach(note -> notes.add(note.getAsString()));
    assertThat(said).hasSize(FOUND.size());
    assertThat(log).containsAll(said);
    assertThat(notes).containsAll(said);
  }

  @Test
  void listenerIsToldNothingOfARunWithoutFindingsTest() {
    EngineExecutionResults results = run(CleanTestCases.class, "none", Keeps.class);

    Runs.assertAllPass(results, 1);
    assertThat(TOLD).isEmpty();
  }

  private static List<String> verdictsWithoutListener() {
    EngineExecutionResults results = Runs.run(LeakyTestCases.class);
    results.testEvents().assertStatistics(s -> s.started(4).succeeded(2).failed(2));
    assertThat(Runs.failedContainers(results))
        .containsExactly("FindingListenerTest$LeakyTestCases");
    return verdicts(results);
  }

  /** Returns what each test and container came to, with the whole text of its failure. */
  private static List<String> verdicts(EngineExecutionResults results) {
    return results.allEvents().finished().stream()
        .map(
            event ->
                event.getTestDescriptor().getDisplayName()
                    + " "
                    + Runs.result(event).getStatus()
                    + " "
                    + withoutEvents(
                        Runs.withoutWait(Runs.thrown(event).map(Throwable::getMessage).orElse(""))))
        .sorted()
        .toList();
  }

  /** How the events of both ends interleave differs from run to run. */
  private static String withoutEvents(String text) {
    return text.replaceAll("(?s)   events    : .*?(?=   cause)", "");
  }

  /** Runs a fixture with listeners that a service file on the class path names. */
  private EngineExecutionResults run(Class<?> fixture, String report, Class<?>... listeners) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try {
      Path file =
          temp.resolve("path")
              .resolve("META-INF/services")
              .resolve(FindingListener.class.getName());
      Files.createDirectories(file.getParent());
      Files.write(file, Arrays.stream(listeners).map(Class::getName).toList());
      URL path = temp.resolve("path").toUri().toURL();
      try (URLClassLoader loader = new URLClassLoader(new URL[] {path}, before)) {
        thread.setContextClassLoader(loader);
        return Runs.kit(fixture).configurationParameter("streamleak.report.dir", report).execute();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private JsonObject streams() throws IOException {
    return JsonParser.parseString(Files.readString(temp.resolve("report/streams.json")))
        .getAsJsonObject();
  }

  private static String text(FindingListener.Finding finding) {
    JsonObject json = JsonParser.parseString(finding.json()).getAsJsonObject();
    JsonElement test = json.getAsJsonObject("test").get("name");
    return finding.outcome().text()
        + " "
        + json.get("method").getAsString()
        + " of "
        + test.getAsString();
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

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class LeakyTestCases {
    @Serve static final MarketServer market = new MarketServer();

    @BeforeAll
    static void leakOfTheClass(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }

    @Test
    void leaks(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }

    @Test
    void leaksToo(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }

    @Test
    @AllowStreamLeak(method = "acme.Market/Watch", reason = "a reason")
    void allows(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }

    @Test
    void stopsBeforeTheStatus(MarketBlockingStub stub) {
      Iterator<String> prices = stub.watch("ACME");
      for (int i = 0; i < MarketServer.PRICES_PER_WATCH - 1; i++) {
        prices.next();
      }
    }
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class CleanTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void reads(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }
  }
}

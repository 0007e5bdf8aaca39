package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryStoreTest {

  private final EntryStore store = new EntryStore();

  @Test
  void whatIsLeftOutIsCountedTest() {
    fill(Outcome.WARNED, "one");
    add(Outcome.WARNED, "one");
    add(Outcome.ALLOWED, "one");

    assertThat(store.entries()).hasSize(10_000);
    assertThat(store.omitted()).hasToString("{\"stories\":0,\"entries\":2}");
  }

  @Test
  void firstOfAFingerprintTakesThePlaceOfTheLastOfAnotherTest() {
    fill(Outcome.FAILED, "one");
    add(Outcome.SHOWN, "two");

    assertThat(store.entries()).hasSize(10_000);
    assertThat(fingerprints()).endsWith("one", "two").startsWith("one");
    assertThat(store.omitted()).hasToString("{\"stories\":0,\"entries\":1}");
  }

  @Test
  void failureTakesThePlaceOfWhatMattersLessTest() {
    for (int i = 0; i < EntryStore.MOST_ENTRIES; i++) {
      add(i == 5 ? Outcome.SHOWN : Outcome.FAILED, "f" + i);
    }
    add(Outcome.FAILED, "new");
    add(Outcome.FAILED, "newer");

    assertThat(fingerprints()).contains("new", "f4", "f6").doesNotContain("f5", "newer");
    assertThat(store.omitted()).hasToString("{\"stories\":0,\"entries\":2}");
  }

  @Test
  void entryWithoutAStoryIsNotOneWhoseStoryWasLeftOutTest() {
    for (int i = 0; i < 21; i++) {
      store.add(entry(Outcome.FAILED, "one"), JsonObject::new);
    }
    add(Outcome.FAILED, "one");
    assertThat(store.omitted()).hasToString("{\"stories\":1,\"entries\":0}");
  }

  @Test
  void manyThreadsMayAddToAReportTest() throws Exception {
    StreamReport report = StreamReport.create();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread = new Thread(() -> addTo(report));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    JsonObject json = report.toJson();
    assertThat(json.getAsJsonArray("entries")).hasSize(2_000);
    JsonObject jvm = json.getAsJsonArray("jvms").get(0).getAsJsonObject();
    assertThat(Json.number(jvm, "tests", 0)).isEqualTo(2_000);
    assertThat(Json.number(jvm, "streams", 0)).isEqualTo(4_000);
  }

  private static void addTo(StreamReport report) {
    for (int i = 0; i < 500; i++) {
      report.countTest("acme.PriceTest");
      report.countStreams(2);
      report.add(ReportEntry.found("PROTOCOL", null, List.of(), Outcome.FAILED, "found").build());
    }
  }

  private void fill(Outcome outcome, String fingerprint) {
    for (int i = 0; i < EntryStore.MOST_ENTRIES; i++) {
      add(outcome, fingerprint);
    }
  }

  private void add(Outcome outcome, String fingerprint) {
    store.add(entry(outcome, fingerprint), null);
  }

  private static JsonObject entry(Outcome outcome, String fingerprint) {
    JsonObject entry = new JsonObject();
    entry.addProperty("outcome", outcome.text());
    entry.addProperty("fingerprint", fingerprint);
    return entry;
  }

  private List<String> fingerprints() {
    return store.entries().stream().map(entry -> new Entry(entry).fingerprint()).toList();
  }
}

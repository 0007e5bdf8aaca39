package io.github.streamleak.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Two runs of one build, as Surefire makes them when it runs failed tests again. */
@Execution(ExecutionMode.SAME_THREAD)
class RerunReportTest {

  private static boolean leaks;

  @TempDir Path directory;

  @BeforeEach
  void leakAtFirst() {
    leaks = true;
  }

  @Test
  void leakOfAnotherTestOfTheClassStaysWhenOneIsRunAgainTest() throws Exception {
    run(selectClass(TwoTestsTestCases.class));
    run(selectMethod(TwoTestsTestCases.class, "other", MarketBlockingStub.class));

    assertThat(found()).containsExactly("failed leaks(MarketBlockingStub) null");
  }

  @Test
  void leakThatTheRerunDoesNotHaveIsFlakyTest() throws Exception {
    run(selectClass(TwoTestsTestCases.class));
    leaks = false;
    run(selectClass(TwoTestsTestCases.class));

    assertThat(found())
        .containsExactly("flaky leaks(MarketBlockingStub) \"leaked in 1 of 2 runs\"");
  }

  private void run(DiscoverySelector selector) {
    EngineTestKit.engine("junit-jupiter")
        .configurationParameter("streamleak.report.dir", directory.toString())
        .selectors(selector)
        .execute();
  }

  private List<String> found() throws IOException {
    List<String> found = new ArrayList<>();
    for (JsonElement json :
        JsonParser.parseString(Files.readString(directory.resolve("streams.json")))
            .getAsJsonObject()
            .getAsJsonArray("entries")) {
      JsonObject entry = json.getAsJsonObject();
      found.add(
          entry.get("outcome").getAsString()
              + " "
              + entry.getAsJsonObject("test").get("name").getAsString()
              + " "
              + entry.get("reason"));
    }
    return found;
  }

  @GrpcStreamLeakCheck(grace = "300 ms")
  static class TwoTestsTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaks(MarketBlockingStub stub) {
      if (leaks) {
        stub.watch("ACME").next();
      }
    }

    @Test
    void other(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }
  }
}

package io.github.streamleak.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import acme.market.MarketGrpc.MarketBlockingStub;
import acme.market.MarketServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.reporting.FileEntry;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.EventType;

/** Where JUnit takes files, a test that fails gets the whole story of its stream. */
class StoryFilesTest {

  @Test
  void storyIsAttachedToTheTestThatFailsTest(@TempDir Path directory) throws IOException {
    List<Path> files = published(directory, LeavesTestCases.class);

    assertThat(files).hasSize(1);
    assertThat(files.get(0).getFileName()).hasToString("streamleak-1.txt");
    assertThat(Files.readString(files.get(0)))
        .startsWith("acme.Market/Watch (SERVER_STREAMING, blocking iterator)\n   opened at : ")
        .contains(
            "\n   cause     : NOT_DRAINED",
            "\n\nall events kept:\n  +0 us  started  [",
            "\n\nopened by:\n  at io.grpc.stub.ClientCalls.");
  }

  @Test
  void testThatPassesGetsNoneTest(@TempDir Path directory) {
    assertThat(published(directory, DrainsTestCases.class)).isEmpty();
  }

  private static List<Path> published(Path directory, Class<?> fixture) {
    return EngineTestKit.engine("junit-jupiter")
        .configurationParameter("streamleak.report.dir", "none")
        .outputDirectoryCreator(new Into(directory))
        .selectors(selectClass(fixture))
        .execute()
        .allEvents()
        .stream()
        .filter(event -> event.getType() == EventType.FILE_ENTRY_PUBLISHED)
        .map(StoryFilesTest::path)
        .toList();
  }

  private static Path path(Event event) {
    return event.getRequiredPayload(FileEntry.class).getPath();
  }

  private record Into(Path directory) implements OutputDirectoryCreator {
    @Override
    public Path getRootDirectory() {
      return directory;
    }

    @Override
    public Path createOutputDirectory(TestDescriptor test) {
      return directory;
    }
  }

  @GrpcStreamLeakCheck
  static class LeavesTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void leaves(MarketBlockingStub stub) {
      stub.watch("ACME").next();
    }
  }

  @GrpcStreamLeakCheck
  static class DrainsTestCases {
    @Serve final MarketServer market = new MarketServer();

    @Test
    void drains(MarketBlockingStub stub) {
      stub.watch("ACME").forEachRemaining(price -> {});
    }
  }
}

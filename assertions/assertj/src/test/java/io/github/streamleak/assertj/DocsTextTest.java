package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;

import io.github.streamleak.stream.RecordedStream;
import io.grpc.Status.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the failure in docs/assertions.md to a real one; -Ddocs.update=true writes it anew. */
final class DocsTextTest {

  private static final Pattern BLOCK =
      Pattern.compile("<!-- failure: DocsTextTest -->\n```text\n(?<text>[^`]*)\n```\n");

  @Test
  void failureInTheDocsIsARealOneTest() throws IOException {
    Path file = page();
    String page = Files.readString(file);
    Matcher block = BLOCK.matcher(page);
    assertThat(block.find()).as("the block under <!-- failure: DocsTextTest -->").isTrue();
    String real = failure();
    if (Boolean.getBoolean("docs.update") && !block.group("text").equals(real)) {
      Files.writeString(
          file, page.substring(0, block.start("text")) + real + page.substring(block.end("text")));
      return;
    }
    assertThat(block.group("text")).isEqualTo(real);
  }

  private static String failure() {
    try (Market market = new Market()) {
      market.watch("3", 9);
      RecordedStream stream = market.recorder.streams().get(0);
      Throwable error =
          StreamAssertions.catchThrowable(
              () ->
                  assertThat(stream)
                      .hasLifecycle(
                          started(),
                          picked(),
                          outboundMessages(1),
                          halfClosed(),
                          inboundMessages(4),
                          terminalStatus(Code.OK),
                          pickerDone()));
      return Told.stable(String.valueOf(error.getMessage())).replace("NAME", "in-process:market");
    }
  }

  /** Maven runs this in a module's folder, an IDE perhaps in the project's. */
  private static Path page() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("docs/assertions.md"))) {
      folder = Objects.requireNonNull(folder.getParent(), "the project's folder");
    }
    return folder.resolve("docs/assertions.md");
  }
}

package io.github.streamleak.junit;

import io.github.streamleak.run.TestHandle;
import io.github.streamleak.stream.RecordedStream;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test or class of JUnit Jupiter that is about to be judged. */
record JupiterTest(ExtensionContext context) implements TestHandle {

  @Override
  public boolean hasFailed() {
    return context.getExecutionException().isPresent();
  }

  @Override
  public void publish(String key, String text) {
    context.publishReportEntry(key, text);
  }

  @Override
  public void attach(List<RecordedStream> streams) {
    StoryFiles.attach(context, streams);
  }
}

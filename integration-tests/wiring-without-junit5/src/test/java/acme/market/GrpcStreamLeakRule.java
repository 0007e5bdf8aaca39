package acme.market;

import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.StreamLeakPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.rules.TestRule;
import org.junit.runner.Description;
import org.junit.runners.model.MultipleFailureException;
import org.junit.runners.model.Statement;

// snippet:rule
/** Fails a test that leaves a gRPC client stream open, on whatever channel. */
public final class GrpcStreamLeakRule implements TestRule {

  private static volatile @Nullable GrpcStreamRecorder current;

  /** From the first rule on: of channels built before, only the transport's side would be seen. */
  private static final ChannelWatch WATCH = ChannelWatch.start(() -> current);

  @Override
  public Statement apply(Statement test, Description description) {
    return new Statement() {
      @Override
      public void evaluate() throws Throwable {
        List<Throwable> failures = new ArrayList<>();
        GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
        WATCH.refresh();
        current = recorder;
        try {
          test.evaluate();
        } catch (Throwable t) {
          failures.add(t);
        } finally {
          current = null;
        }
        recorder.check(StreamLeakPolicy.normal()).error().ifPresent(failures::add);
        recorder.releaseLeaked();
        recorder.close();
        MultipleFailureException.assertEmpty(failures);
      }
    };
  }
}
// end:rule

package acme.market;

import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;
import org.testng.IHookCallBack;
import org.testng.IHookable;
import org.testng.ITestResult;

// snippet:listener
/** Fails a test that leaves a gRPC client stream open, on whatever channel. */
public final class GrpcStreamLeakListener implements IHookable {

  private static volatile @Nullable GrpcStreamRecorder current;

  /**
   * From the first listener on: of channels built before, only the transport's side would be seen.
   */
  private static final ChannelWatch WATCH = ChannelWatch.start(() -> current);

  @Override
  public void run(IHookCallBack test, ITestResult result) {
    GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
    WATCH.refresh();
    current = recorder;
    try {
      test.runTestMethod(result);
    } finally {
      current = null;
    }
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());
    recorder.releaseLeaked();
    recorder.close();
    Throwable failure = result.getThrowable();
    if (failure instanceof InvocationTargetException) {
      failure = failure.getCause(); // TestNG takes the wrapping off later
    }
    if (failure == null) {
      verdict.throwIfLeaked();
    } else {
      verdict.error().ifPresent(failure::addSuppressed);
    }
  }
}
// end:listener

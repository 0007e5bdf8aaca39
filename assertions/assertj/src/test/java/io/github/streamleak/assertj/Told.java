package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * What a failed assertion says, held to a whole text. The stream or the table at its end is the
 * recorder's, whose tests pin it; here a test takes it from the recorder, so that a change of one
 * line there is no change of fifty texts here.
 */
final class Told {

  /** The frames of the public methods that failed with the text that they were to have. */
  static final Set<StackTraceElement> FAILED = ConcurrentHashMap.newKeySet();

  private Told() {}

  static void fails(ThrowingCallable call, String text) {
    // AssertJ takes the frames of assertions away; they tell which one it was.
    StreamAssertions.setRemoveAssertJRelatedElementsFromStackTrace(false);
    Throwable error;
    try {
      error = StreamAssertions.catchThrowable(call);
    } finally {
      StreamAssertions.setRemoveAssertJRelatedElementsFromStackTrace(true);
    }
    assertThat(error).isInstanceOf(AssertionError.class);
    assertThat(stable(String.valueOf(error.getMessage()))).isEqualTo(stable(text));
    FAILED.add(asserted(error));
  }

  /** Returns the frame of the assertion that the line of the test has called. */
  private static StackTraceElement asserted(Throwable error) {
    StackTraceElement asserted = null;
    for (StackTraceElement frame : error.getStackTrace()) {
      String type = frame.getClassName();
      if (type.startsWith("io.github.streamleak.") && type.endsWith("Assert")) {
        asserted = frame;
      } else if (asserted != null && type.endsWith("Test")) {
        return asserted;
      }
    }
    throw new AssertionError("no line of a test is in the trace", error);
  }

  /** The name of the thread and of the in-process server differ from run to run. */
  static String stable(String text) {
    return text.replaceAll("looked at (once|\\d+ times)", "looked at N times")
        .replaceAll("thread \"[^\"]*\"", "thread \"main\"")
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "NAME");
  }
}

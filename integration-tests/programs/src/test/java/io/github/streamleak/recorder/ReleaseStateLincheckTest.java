package io.github.streamleak.recorder;

import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.testsupport.SilentCall;
import io.github.streamleak.testsupport.Text;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The callbacks of all three hooks racing on one stream: Lincheck runs them in every interleaving
 * it can think of, and holds what each returns against some order of them one after the other.
 *
 * <p>Started by a person, {@code -Dlincheck.iterations=5}: Lincheck takes an invocation for hung by
 * the clock, which a busy machine can make it do.
 */
@EnabledIfSystemProperty(named = "lincheck.iterations", matches = "\\d+")
public class ReleaseStateLincheckTest {

  private static final int ITERATIONS = Integer.getInteger("lincheck.iterations", 1);

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().captureStacks(false).clock(() -> 0).build();
  private final StreamLog log =
      Objects.requireNonNull(
          recorder.recording().newLog(METHOD, CallOptions.DEFAULT, null, Coverage.WHOLE, null));
  private final AttemptLog attempt;

  public ReleaseStateLincheckTest() {
    log.started(NO_CALL, null);
    Metadata headers = new Metadata();
    attempt = Objects.requireNonNull(log.attemptStarted(StreamInfo.newBuilder().build(), headers));
    log.picked(headers, Values.pick(Pick.Kind.SUBCHANNEL, "a"));
    log.pickerTracerCreated(attempt);
  }

  @Operation
  public void received() {
    log.tally(EventKind.RECEIVED, null, 0);
  }

  @Operation(runOnce = true)
  public void terminated() {
    log.terminated(Status.OK, new Metadata());
  }

  @Operation
  public void cancelled() {
    log.cancelled(Canceller.CALL, null, null);
  }

  @Operation
  public void inboundMessage() {
    attempt.inboundMessage(0);
  }

  @Operation(runOnce = true)
  public void attemptClosed() {
    log.record(EventKind.ATTEMPT_CLOSED, attempt, Status.OK);
  }

  @Operation(runOnce = true)
  public void pickerDone() {
    log.record(EventKind.PICKER_DONE, attempt, Status.OK);
  }

  /** Returns all that can be told of the stream, which must be of one moment. */
  @Operation
  public String snapshot() {
    RecordedStream stream = log.snapshot();
    long next = 0;
    StringBuilder text = new StringBuilder();
    for (StreamEvent event : stream.events()) {
      text.append(event.describe()).append(event.at().sequence() == next++ ? ", " : " GAP ");
    }
    return text + " " + stream.isOpen() + " " + stream.releases();
  }

  @Operation
  public int openStreams() {
    return recorder.openStreams().size();
  }

  @Operation
  public boolean released() {
    return recorder.awaitReleased(Duration.ZERO);
  }

  @Test
  void interleavingsAreLinearizableTest() {
    new ModelCheckingOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(100)
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(1)
        .check(ReleaseStateLincheckTest.class);
  }

  @Test
  void racesAreLinearizableTest() {
    new StressOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(500)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(1)
        .check(ReleaseStateLincheckTest.class);
  }

  static final MethodDescriptor<String, String> METHOD =
      Text.method("programs.Life", "race", MethodType.BIDI_STREAMING);

  /** Nobody does anything with the call itself. */
  static final ClientCall<String, String> NO_CALL = new SilentCall<>();
}

package io.github.streamleak.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer.StreamInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Streams that are released while others wait for it. A wake-up that is missed and a deadlock
 * between the locks of a stream and of the recorder both show as a test that does not end.
 */
final class WakeUpTest {

  private static final int ROUNDS = Integer.getInteger("races", 2000);
  private static final int MESSAGES = 20;
  private static final Duration VERY_LONG = Duration.ofDays(1);

  @Test
  void everyReleaseWakesTheWaiterTest() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (int round = 0; round < ROUNDS; round++) {
        race(threads);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void race(ExecutorService threads) throws Exception {
    GrpcStreamRecorder recorder = GrpcStreamRecorder.builder().captureStacks(false).build();
    StreamLog cancelled = started(recorder);
    StreamLog closed = started(recorder);
    AttemptLog attempt =
        Objects.requireNonNull(
            closed.attemptStarted(StreamInfo.newBuilder().build(), new Metadata()));
    closed.pickerTracerCreated(attempt);
    List<Callable<Boolean>> racers =
        List.of(
            () -> {
              cancelled.cancelled(Canceller.CALL, null, null);
              return true;
            },
            () -> {
              for (int i = 0; i < MESSAGES; i++) {
                closed.tally(EventKind.RECEIVED, null, 0);
              }
              closed.terminated(Status.OK, new Metadata());
              return true;
            },
            () -> {
              for (int i = 0; i < MESSAGES; i++) {
                attempt.inboundMessage(i);
              }
              closed.record(EventKind.ATTEMPT_CLOSED, attempt, Status.OK);
              return true;
            },
            () -> {
              closed.record(EventKind.PICKER_DONE, attempt, Status.OK);
              return true;
            },
            () -> recorder.awaitReleased(VERY_LONG),
            () -> recorder.awaitReleased(VERY_LONG),
            () -> recorder.streams().size() == 2 && recorder.openStreams().size() <= 2);
    CyclicBarrier together = new CyclicBarrier(racers.size());
    List<Future<Boolean>> results = new ArrayList<>();
    for (Callable<Boolean> racer : racers) {
      results.add(
          threads.submit(
              () -> {
                together.await();
                return racer.call();
              }));
    }
    for (Future<Boolean> result : results) {
      assertThat(result.get()).isTrue();
    }

    RecordedStream stream = closed.snapshot();
    assertThat(stream.count(EventKind.RECEIVED)).isEqualTo(MESSAGES);
    assertThat(stream.count(EventKind.ATTEMPT_RECEIVED)).isEqualTo(MESSAGES);
    assertThat(stream.releases())
        .containsExactly(StreamRelease.TERMINAL_STATUS, StreamRelease.PICKER_DONE);
    assertThat(stream.events())
        .extracting(event -> event.at().sequence())
        .containsExactlyElementsOf(LongStream.range(0, stream.events().size()).boxed().toList());
    assertThat(recorder.openStreams()).isEmpty();
  }

  private static StreamLog started(GrpcStreamRecorder recorder) {
    StreamLog log =
        Objects.requireNonNull(
            recorder
                .recording()
                .newLog(
                    ReleaseStateLincheckTest.METHOD,
                    CallOptions.DEFAULT,
                    null,
                    Coverage.WHOLE,
                    null));
    log.started(ReleaseStateLincheckTest.NO_CALL, null);
    return log;
  }
}

package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamFinding.Allowed;
import io.github.streamleak.verdict.StreamFinding.Undecided;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on all that a recorder has recorded, and the way to its streams.
 *
 * <p>A recorder is live, unlike a stream: each assertion looks at what has been recorded by then.
 *
 * @param <SELF> the type of the assertion itself
 */
public abstract class AbstractRecorderAssert<SELF extends AbstractRecorderAssert<SELF>>
    extends AbstractLiveAssert<SELF, GrpcStreamRecorder> {

  /** Creates an assertion on {@code actual}; {@code selfType} is the class that extends this. */
  protected AbstractRecorderAssert(@Nullable GrpcStreamRecorder actual, Class<?> selfType) {
    super(actual, selfType, "recorder", "", UnaryOperator.identity());
  }

  /**
   * Asserts that nothing at all was recorded. That is its own assertion because nothing is what a
   * recorder records of a channel that it is not attached to: all that claims an absence fails
   * then.
   */
  @CanIgnoreReturnValue
  public SELF recordedNothing() {
    return check(
        recorder -> {
          if (recorder.streamCount() != 0) {
            StreamSelection all = all(recorder);
            throw failure(
                0,
                recorder.streamCount(),
                "to have recorded nothing but "
                    + Texts.thereIs(recorder.streamCount())
                    + Texts.counted(all));
          }
        });
  }

  private static StreamSelection all(GrpcStreamRecorder recorder) {
    return StreamSelection.all(recorder.streams(), recorder.droppedStreams());
  }

  private void hasRecorded(GrpcStreamRecorder recorder, String claim) {
    if (recorder.streamCount() == 0) {
      throw failure(
          "certain",
          "in doubt",
          claim + ", and so it seems, but " + StreamSelection.all(List.of()).doubtOnEmptiness());
    }
  }

  /** Asserts that streams were recorded, and that none of them is open. */
  @CanIgnoreReturnValue
  public SELF hasNoOpenStreams() {
    return check(
        recorder -> {
          hasRecorded(recorder, "to have no open streams");
          List<RecordedStream> open = recorder.openStreams();
          if (!open.isEmpty()) {
            throw failure(
                0,
                open.size(),
                "to have no open streams but "
                    + open.size()
                    + (open.size() == 1 ? " is open" : " are open")
                    + Texts.described(open));
          }
        });
  }

  /**
   * Asserts that a check by the default policy finds nothing: no stream is open, not even one that
   * is allowed to be. Unlike a check this does not wait for a release; {@link #eventually} does.
   */
  @CanIgnoreReturnValue
  public SELF hasNoFindings() {
    return hasNoFindings(StreamLeakPolicy.normal());
  }

  /** Asserts that a check by {@code policy} finds nothing, not even a stream that it allows. */
  @CanIgnoreReturnValue
  public SELF hasNoFindings(StreamLeakPolicy policy) {
    Objects.requireNonNull(policy, "policy");
    return check(
        recorder -> {
          hasRecorded(recorder, "to have no findings");
          List<StreamFinding> findings = recorder.check(policy, Duration.ZERO).findings();
          if (!findings.isEmpty()) {
            throw failure(
                0,
                findings.size(),
                "to have no findings but "
                    + Texts.thereIs(findings.size())
                    + Texts.described(findings.stream().map(StreamFinding::stream).toList()));
          }
        });
  }

  /**
   * Asserts that no stream has leaked: each is released, or allowed by the default policy. A stream
   * that is undecided fails this too; one on which something has happened in the last 200 ms is,
   * unless it is released.
   */
  @CanIgnoreReturnValue
  public SELF hasNoLeaks() {
    return check(
        recorder -> {
          hasRecorded(recorder, "to have no leaks");
          List<StreamFinding> bad = new ArrayList<>();
          for (RecordedStream open : recorder.openStreams()) {
            StreamLeakPolicy.normal().finding(open).ifPresent(bad::add);
          }
          bad.removeIf(Allowed.class::isInstance);
          List<Undecided> undecided =
              bad.stream().filter(Undecided.class::isInstance).map(Undecided.class::cast).toList();
          if (!bad.isEmpty()) {
            int leaked = bad.size() - undecided.size();
            List<String> found = new ArrayList<>();
            if (leaked > 0) {
              found.add(leaked + (leaked == 1 ? " stream has" : " streams have") + " leaked");
            }
            if (!undecided.isEmpty()) {
              found.add(
                  undecided.size()
                      + (undecided.size() == 1 ? " stream is" : " streams are")
                      + " undecided: "
                      + undecided.get(0).fault().getMessage());
            }
            throw failure(
                0,
                bad.size(),
                "to have no leaks but "
                    + String.join(", ", found)
                    + Texts.described(bad.stream().map(StreamFinding::stream).toList()));
          }
        });
  }

  /**
   * Asserts that {@code n} streams were recorded, open and released ones together. Those that the
   * recorder has dropped count too: it knows their exact number. Use {@link #recordedNothing} for
   * 0.
   */
  @CanIgnoreReturnValue
  public SELF hasStreamCount(int n) {
    Texts.requireNotNegative("a count", n);
    return check(
        recorder -> {
          int was = recorder.streamCount();
          if (was != n) {
            throw failure(
                n,
                was,
                "to have recorded <"
                    + n
                    + "> streams but it has recorded <"
                    + was
                    + ">"
                    + Texts.counted(all(recorder)));
          }
          hasRecorded(recorder, "to have recorded <" + n + "> streams");
        });
  }

  /** Asserts that exactly one stream was recorded, and goes on with it. */
  @CheckReturnValue
  public StreamAssert hasOnlyOneStream() {
    return streams().hasOnlyOneStream();
  }

  /** Goes on with all streams. */
  @CheckReturnValue
  public StreamsAssert streams() {
    return streams(AbstractRecorderAssert::all, "recorder");
  }

  /** Goes on with the streams that are open. */
  @CheckReturnValue
  public StreamsAssert openStreams() {
    return streams(recorder -> all(recorder).open(), "recorder > open streams");
  }

  /** Goes on with the streams of {@code method}. */
  @CheckReturnValue
  public StreamsAssert streamsOf(MethodDescriptor<?, ?> method) {
    Objects.requireNonNull(method, "method");
    return streams(
        recorder -> all(recorder).ofMethod(method),
        "recorder > streams of " + method.getFullMethodName());
  }

  /**
   * Goes on with the streams of the method with this full name. Where there is a descriptor of the
   * method, pass that: it cannot be misspelt.
   *
   * @throws IllegalArgumentException if no method can have this name
   */
  @CheckReturnValue
  public StreamsAssert streamsOf(String fullMethodName) {
    String name = StreamSelection.requireFullMethodName(fullMethodName);
    return streams(recorder -> all(recorder).ofMethod(name), "recorder > streams of " + name);
  }

  private StreamsAssert streams(Function<GrpcStreamRecorder, StreamSelection> which, String path) {
    GrpcStreamRecorder recorder = actual;
    if (!holds(any -> {}) || recorder == null) {
      return lost(new StreamsAssert(null));
    }
    return navigate(
        new StreamsAssert(which.apply(recorder), before -> which.apply(recorder)), path);
  }
}

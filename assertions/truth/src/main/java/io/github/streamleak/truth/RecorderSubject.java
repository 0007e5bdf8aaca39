package io.github.streamleak.truth;

import static com.google.common.truth.Fact.fact;
import static com.google.common.truth.Fact.simpleFact;

import com.google.common.truth.Fact;
import com.google.common.truth.FailureMetadata;
import com.google.common.truth.Subject;
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
 */
@CheckReturnValue
public final class RecorderSubject extends LiveSubject<RecorderSubject, GrpcStreamRecorder> {

  RecorderSubject(
      FailureMetadata metadata,
      @Nullable GrpcStreamRecorder actual,
      @Nullable Wait<GrpcStreamRecorder> wait) {
    super(metadata, actual, wait, RecorderSubject::new, UnaryOperator.identity());
  }

  /** Returns the factory for {@code assertAbout} and {@code check}. */
  public static Subject.Factory<RecorderSubject, GrpcStreamRecorder> recorders() {
    return (metadata, actual) -> new RecorderSubject(metadata, actual, null);
  }

  /**
   * Checks that nothing at all was recorded. That is its own assertion because nothing is what a
   * recorder records of a channel that it is not attached to: all that claims an absence fails
   * then.
   */
  public void recordedNothing() {
    hold(
        subject -> {
          if (subject.value().streamCount() != 0) {
            subject.failWithoutActual(
                simpleFact("expected to have recorded nothing"), subject.counted());
          }
        });
  }

  private static StreamSelection all(GrpcStreamRecorder recorder) {
    return StreamSelection.all(recorder.streams(), recorder.droppedStreams());
  }

  private Fact[] counted() {
    List<Fact> facts = new ArrayList<>();
    facts.add(fact("but was", value().streamCount()));
    StreamSelection all = all(value());
    if (!all.isEmpty()) {
      facts.add(fact("streams", Texts.lines(all)));
    }
    if (!all.describeRecorded().isEmpty()) {
      facts.add(fact("recorded", all.describeRecorded()));
    }
    return facts.toArray(new Fact[0]);
  }

  /** Returns false, and fails, if nothing at all was recorded. */
  private boolean hasRecorded(Fact expected) {
    if (value().streamCount() != 0) {
      return true;
    }
    failWithoutActual(
        expected, fact("and so it seems, but", StreamSelection.all(List.of()).doubtOnEmptiness()));
    return false;
  }

  /** Checks that streams were recorded, and that none of them is open. */
  public void hasNoOpenStreams() {
    hold(
        subject -> {
          if (!subject.hasRecorded(simpleFact("expected no open streams"))) {
            return;
          }
          List<RecordedStream> open = subject.value().openStreams();
          if (!open.isEmpty()) {
            subject.failWithoutActual(
                simpleFact("expected no open streams"),
                fact("but was", open.size()),
                fact("open streams", Texts.described(open)));
          }
        });
  }

  /**
   * Checks that a check by the default policy finds nothing: no stream is open, not even one that
   * is allowed to be. Unlike a check this does not wait for a release; {@link #eventually} does.
   */
  public void hasNoFindings() {
    hasNoFindings(StreamLeakPolicy.normal());
  }

  /** Checks that a check by {@code policy} finds nothing, not even a stream that it allows. */
  public void hasNoFindings(StreamLeakPolicy policy) {
    Objects.requireNonNull(policy, "policy");
    hold(
        subject -> {
          if (!subject.hasRecorded(simpleFact("expected no findings"))) {
            return;
          }
          List<StreamFinding> findings = subject.value().check(policy, Duration.ZERO).findings();
          if (!findings.isEmpty()) {
            subject.failWithoutActual(
                simpleFact("expected no findings"),
                fact("but was", findings.size()),
                fact("findings", described(findings)));
          }
        });
  }

  /**
   * Checks that no stream has leaked: each is released, or allowed by the default policy. A stream
   * that is undecided fails this too; one on which something has happened in the last 200 ms is,
   * unless it is released.
   */
  public void hasNoLeaks() {
    hold(
        subject -> {
          if (!subject.hasRecorded(simpleFact("expected no leaks"))) {
            return;
          }
          List<StreamFinding> bad = new ArrayList<>();
          for (RecordedStream open : subject.value().openStreams()) {
            StreamLeakPolicy.normal().finding(open).ifPresent(bad::add);
          }
          bad.removeIf(Allowed.class::isInstance);
          List<Undecided> undecided =
              bad.stream().filter(Undecided.class::isInstance).map(Undecided.class::cast).toList();
          if (!bad.isEmpty()) {
            List<Fact> facts = new ArrayList<>();
            int leaked = bad.size() - undecided.size();
            if (leaked > 0) {
              facts.add(fact("but leaked", leaked));
            }
            if (!undecided.isEmpty()) {
              facts.add(fact(leaked > 0 ? "and undecided" : "but undecided", undecided.size()));
              facts.add(fact("since", undecided.get(0).fault().getMessage()));
            }
            facts.add(fact("open streams", described(bad)));
            subject.failWithoutActual(simpleFact("expected no leaks"), facts.toArray(new Fact[0]));
          }
        });
  }

  private static String described(List<StreamFinding> findings) {
    return Texts.described(findings.stream().map(StreamFinding::stream).toList());
  }

  /**
   * Checks that {@code n} streams were recorded, open and released ones together. Those that the
   * recorder has dropped count too: it knows their exact number. Use {@link #recordedNothing} for
   * 0.
   */
  public void hasStreamCount(int n) {
    Texts.requireNotNegative("a count", n);
    hold(
        subject -> {
          Fact expected = fact("expected stream count", n);
          if (subject.value().streamCount() != n) {
            subject.failWithoutActual(expected, subject.counted());
          } else {
            boolean unused = subject.hasRecorded(expected);
          }
        });
  }

  /** Checks that exactly one stream was recorded, and goes on with it. */
  public StreamSubject hasOnlyOneStream() {
    return streams().hasOnlyOneStream();
  }

  /** Goes on with all streams. */
  public StreamsSubject streams() {
    return streams("streams()", RecorderSubject::all);
  }

  /** Goes on with the streams that are open. */
  public StreamsSubject openStreams() {
    return streams("openStreams()", recorder -> all(recorder).open());
  }

  /** Goes on with the streams of {@code method}. */
  public StreamsSubject streamsOf(MethodDescriptor<?, ?> method) {
    Objects.requireNonNull(method, "method");
    return streams(
        "streamsOf(" + method.getFullMethodName() + ")",
        recorder -> all(recorder).ofMethod(method));
  }

  /**
   * Goes on with the streams of the method with this full name. Where there is a descriptor of the
   * method, pass that: it cannot be misspelt.
   *
   * @throws IllegalArgumentException if no method can have this name
   */
  public StreamsSubject streamsOf(String fullMethodName) {
    String name = StreamSelection.requireFullMethodName(fullMethodName);
    return streams("streamsOf(" + name + ")", recorder -> all(recorder).ofMethod(name));
  }

  private StreamsSubject streams(String path, Function<GrpcStreamRecorder, StreamSelection> which) {
    GrpcStreamRecorder recorder = actual();
    Kind<StreamsSubject, List<RecordedStream>> kind =
        (metadata, streams, wait) ->
            new StreamsSubject(
                metadata,
                streams,
                wait,
                before -> recorder == null ? before : which.apply(recorder));
    return go(path, kind, which, subject -> {});
  }

  @Override
  String what() {
    return "a recorder";
  }

  @Override
  String describe(GrpcStreamRecorder value) {
    int count = value.streamCount();
    return count + (count == 1 ? " stream, " : " streams, ") + value.openStreams().size() + " open";
  }
}

package io.github.streamleak.truth;

import static com.google.common.truth.Fact.fact;
import static com.google.common.truth.Fact.simpleFact;

import com.google.common.truth.FailureMetadata;
import com.google.common.truth.StandardSubjectBuilder;
import com.google.common.truth.Subject;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Snapshots;
import io.github.streamleak.stream.RecordedStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on a collection of streams, in the order in which they were started.
 *
 * <p>This is not an {@code IterableSubject}, because the assertions of that one cannot wait: after
 * {@link #eventually} streams that are started in the meantime are looked at as well.
 */
@CheckReturnValue
public final class StreamsSubject extends LiveSubject<StreamsSubject, List<RecordedStream>> {

  StreamsSubject(
      FailureMetadata metadata,
      @Nullable List<RecordedStream> actual,
      @Nullable Wait<List<RecordedStream>> wait,
      UnaryOperator<List<RecordedStream>> latest) {
    super(metadata, actual, wait, (m, a, w) -> new StreamsSubject(m, a, w, latest), latest);
  }

  /** Returns the factory for {@code assertAbout} and {@code check}. */
  public static Subject.Factory<StreamsSubject, List<RecordedStream>> streamLists() {
    return (metadata, actual) -> new StreamsSubject(metadata, actual, null, StreamsSubject::latest);
  }

  private static List<RecordedStream> latest(List<RecordedStream> streams) {
    return streams.stream().map(RecordedStream::latest).toList();
  }

  @Override
  String since(List<RecordedStream> then, List<RecordedStream> now) {
    return Snapshots.since(then, now);
  }

  /** Checks that there are {@code n} streams. */
  public void hasSize(int n) {
    if (n < 0) {
      throw new IllegalArgumentException("a size must not be negative, but is " + n);
    }
    hold(
        subject -> {
          if (subject.value().size() != n) {
            subject.failWithoutActual(
                fact("expected size", n),
                fact("but was", subject.value().size()),
                fact("streams", Texts.lines(subject.value())));
          }
        });
  }

  /** Checks that there is no stream. */
  public void isEmpty() {
    hold(
        subject -> {
          if (!subject.value().isEmpty()) {
            subject.failWithoutActual(
                simpleFact("expected to be empty"),
                fact("but was", subject.value().size()),
                fact("streams", Texts.lines(subject.value())));
          }
        });
  }

  /** Checks that there is a stream. */
  public void isNotEmpty() {
    hold(
        subject -> {
          if (subject.value().isEmpty()) {
            subject.failWithoutActual(simpleFact("expected not to be empty"));
          }
        });
  }

  /**
   * Checks that every one of the streams is released. This passes if there are no streams; check
   * {@link #isNotEmpty} or {@link #hasSize} first.
   */
  public void areReleased() {
    hold(
        subject -> {
          List<RecordedStream> open =
              subject.value().stream().filter(RecordedStream::isOpen).toList();
          if (!open.isEmpty()) {
            subject.failWithoutActual(
                simpleFact("expected all to be released"),
                fact("but still open", open.size() + " of " + subject.value().size()),
                fact("open streams", Texts.described(open)));
          }
        });
  }

  /**
   * Makes {@code assertions} on every stream. This passes if there are no streams; check {@link
   * #isNotEmpty} or {@link #hasSize} first.
   */
  public void each(Consumer<? super StreamSubject> assertions) {
    Objects.requireNonNull(assertions, "assertions");
    hold(
        subject -> {
          for (int i = 0; i < subject.value().size(); i++) {
            assertions.accept(
                subject.check("stream(%s)", i).about(ofList()).that(subject.value().get(i)));
          }
        });
  }

  /** Checks that {@code assertions} hold for at least one stream. */
  public void any(Consumer<? super StreamSubject> assertions) {
    Objects.requireNonNull(assertions, "assertions");
    hold(
        subject -> {
          List<String> failures = failures(subject.value(), assertions);
          if (failures.size() == subject.value().size()) {
            subject.failWithoutActual(
                simpleFact("expected at least one to meet the assertions"),
                fact("but none did, of", subject.value().size()),
                fact("failures", String.join("\n\n", failures)));
          }
        });
  }

  private static Subject.Factory<StreamSubject, RecordedStream> ofList() {
    return (metadata, stream) -> new StreamSubject(metadata, stream, Wait.never());
  }

  private static List<String> failures(
      List<RecordedStream> streams, Consumer<? super StreamSubject> assertions) {
    StandardSubjectBuilder throwing =
        StandardSubjectBuilder.forCustomFailureStrategy(
            failure -> {
              throw failure;
            });
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      try {
        assertions.accept(throwing.about(ofList()).that(streams.get(i)));
      } catch (AssertionError e) {
        failures.add((i + 1) + ". " + e.getMessage());
      }
    }
    return failures;
  }

  /** Checks that there is exactly one stream, and goes on with it. */
  public StreamSubject hasOnlyOneStream() {
    return go(
        "onlyStream()",
        StreamSubject::new,
        streams -> streams.size() == 1 ? streams.get(0) : null,
        subject ->
            subject.failWithoutActual(
                simpleFact("expected exactly one stream"),
                fact("but was", subject.value().size()),
                fact("streams", Texts.lines(subject.value()))));
  }

  /** Checks that there is a stream, and goes on with the first one. */
  public StreamSubject first() {
    return go(
        "first()",
        StreamSubject::new,
        streams -> streams.isEmpty() ? null : streams.get(0),
        subject -> subject.failWithoutActual(simpleFact("expected not to be empty")));
  }

  /** Checks that there is a stream, and goes on with the last one. */
  public StreamSubject last() {
    return go(
        "last()",
        StreamSubject::new,
        streams -> streams.isEmpty() ? null : streams.get(streams.size() - 1),
        subject -> subject.failWithoutActual(simpleFact("expected not to be empty")));
  }

  /** Checks that there is a stream at {@code index}, from 0, and goes on with it. */
  public StreamSubject stream(int index) {
    return go(
        "stream(" + index + ")",
        StreamSubject::new,
        streams -> index < 0 || index >= streams.size() ? null : streams.get(index),
        subject ->
            subject.failWithoutActual(
                fact("expected a stream at index", index),
                fact("but size was", subject.value().size()),
                fact("streams", Texts.lines(subject.value()))));
  }

  @Override
  String what() {
    return "streams";
  }

  @Override
  String describe(List<RecordedStream> value) {
    return Texts.lines(value);
  }
}

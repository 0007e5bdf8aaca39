package io.github.streamleak.truth;

import static com.google.common.truth.Fact.fact;
import static com.google.common.truth.Fact.simpleFact;

import com.google.common.truth.Fact;
import com.google.common.truth.FailureMetadata;
import com.google.common.truth.StandardSubjectBuilder;
import com.google.common.truth.Subject;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Snapshots;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.stream.RecordedStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
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
    return StreamSelection.of(streams).latest();
  }

  @Override
  String since(List<RecordedStream> then, List<RecordedStream> now) {
    return Snapshots.since(then, now);
  }

  /**
   * Checks that there are {@code n} streams. That there is none is believed as by {@link #isEmpty}.
   * Fails if streams were dropped that would be among these.
   */
  public void hasSize(int n) {
    Texts.requireNotNegative("a size", n);
    hold(
        subject -> {
          StreamSelection streams = subject.selection();
          if (streams.size() != n) {
            subject.failCounted(fact("expected size", n));
          } else {
            subject.believe(
                fact("expected size", n),
                n == 0 ? streams.doubtOnEmptiness() : streams.doubtOnRest());
          }
        });
  }

  /**
   * Checks that there is no stream. Fails all the same if that is no wonder: if the recorder has
   * recorded nothing at all, or if the method was given by a name that is nearly that of a method
   * which was recorded. Pass the descriptor of the method rather than its name.
   */
  public void isEmpty() {
    hold(
        subject -> {
          if (!subject.value().isEmpty()) {
            subject.failCounted(simpleFact("expected to be empty"));
          } else {
            subject.believe(
                simpleFact("expected to be empty"), subject.selection().doubtOnEmptiness());
          }
        });
  }

  /** Checks that there is a stream. */
  public void isNotEmpty() {
    hold(
        subject -> {
          if (subject.selection().dropped() == 0) {
            boolean unused = subject.notEmpty(simpleFact("expected not to be empty"));
          }
        });
  }

  private StreamSelection selection() {
    return StreamSelection.of(value());
  }

  /** Fails with how many there are, which ones, and what else was recorded. */
  private void failCounted(Fact expected) {
    StreamSelection streams = selection();
    List<Fact> facts = new ArrayList<>();
    facts.add(fact("but was", streams.size()));
    if (streams.dropped() > 0) {
      facts.add(fact("and besides", streams.doubtOnRest()));
    }
    if (!streams.isEmpty()) {
      facts.add(fact("streams", Texts.lines(streams)));
    }
    failWithoutActual(expected, recorded(streams, facts));
  }

  /** Fails if there is a doubt on what seems to hold. */
  private void believe(Fact expected, String doubt) {
    if (!doubt.isEmpty()) {
      List<Fact> facts = new ArrayList<>();
      facts.add(fact("and so it seems, but", doubt));
      failWithoutActual(expected, recorded(selection(), facts));
    }
  }

  /** Returns false, and fails, if there is no stream. */
  private boolean notEmpty(Fact expected) {
    StreamSelection streams = selection();
    if (!streams.isEmpty()) {
      return true;
    }
    List<Fact> facts = new ArrayList<>();
    facts.add(simpleFact("but there is none"));
    streams.didYouMean().ifPresent(near -> facts.add(fact("did you mean", near)));
    failWithoutActual(expected, recorded(streams, facts));
    return false;
  }

  private static Fact[] recorded(StreamSelection streams, List<Fact> facts) {
    String recorded = streams.describeRecorded();
    if (!recorded.isEmpty()) {
      facts.add(fact("recorded", recorded));
    }
    return facts.toArray(new Fact[0]);
  }

  /** Checks that there is a stream, and that every one is released. */
  public void areReleased() {
    hold(
        subject -> {
          Fact expected = simpleFact("expected all to be released");
          if (subject.selection().dropped() == 0 && !subject.notEmpty(expected)) {
            return;
          }
          List<RecordedStream> open =
              subject.value().stream().filter(RecordedStream::isOpen).toList();
          if (!open.isEmpty()) {
            subject.failWithoutActual(
                expected,
                fact("but still open", open.size() + " of " + subject.value().size()),
                fact("open streams", Texts.described(open)));
          }
        });
  }

  /**
   * Checks that there is a stream, and makes {@code assertions} on every one. Fails if streams were
   * dropped that would be among these.
   */
  public void each(Consumer<? super StreamSubject> assertions) {
    Objects.requireNonNull(assertions, "assertions");
    hold(
        subject -> {
          Fact expected = simpleFact("expected each to meet the assertions");
          if (!subject.notEmpty(expected)) {
            return;
          }
          for (int i = 0; i < subject.value().size(); i++) {
            assertions.accept(
                subject.check("stream(%s)", i + 1).about(ofList()).that(subject.value().get(i)));
          }
          subject.believe(expected, subject.selection().doubtOnRest());
        });
  }

  /** Checks that {@code assertions} hold for at least one stream. */
  public void any(Consumer<? super StreamSubject> assertions) {
    Objects.requireNonNull(assertions, "assertions");
    hold(
        subject -> {
          Fact expected = simpleFact("expected at least one to meet the assertions");
          if (!subject.notEmpty(expected)) {
            return;
          }
          List<String> failures = failures(subject.value(), assertions);
          if (failures.size() == subject.value().size()) {
            List<Fact> facts = new ArrayList<>();
            facts.add(fact("but none did, of", subject.value().size()));
            String dropped = subject.selection().doubtOnRest();
            if (!dropped.isEmpty()) {
              facts.add(fact("and", dropped));
            }
            facts.add(fact("failures", String.join("\n\n", failures)));
            subject.failWithoutActual(expected, facts.toArray(new Fact[0]));
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
    Fact expected = simpleFact("expected exactly one stream");
    return go(
        "onlyStream()",
        streams -> streams.size() == 1,
        streams -> 0,
        expected,
        subject -> subject.failCounted(expected));
  }

  /** Checks that there is a stream, and goes on with the first one. */
  public StreamSubject first() {
    Fact expected = simpleFact("expected to have a first stream");
    return go("first()", streams -> !streams.isEmpty(), streams -> 0, expected, missing(expected));
  }

  /** Checks that there is a stream, and goes on with the last one. */
  public StreamSubject last() {
    Fact expected = simpleFact("expected to have a last stream");
    return go(
        "last()",
        streams -> !streams.isEmpty(),
        streams -> streams.size() - 1,
        expected,
        missing(expected));
  }

  private static Consumer<StreamsSubject> missing(Fact expected) {
    return subject -> {
      boolean unused = subject.notEmpty(expected);
    };
  }

  /** Checks that there is stream {@code number}, from 1, and goes on with it. */
  public StreamSubject stream(int number) {
    Fact expected = fact("expected stream number", number + ", counted from 1");
    return go(
        "stream(" + number + ")",
        streams -> number >= 1 && number <= streams.size(),
        streams -> number - 1,
        expected,
        subject -> subject.failCounted(expected));
  }

  /** Goes on with a stream that is there, if none was dropped that could be in its place. */
  private StreamSubject go(
      String path,
      Predicate<List<RecordedStream>> isThere,
      ToIntFunction<List<RecordedStream>> index,
      Fact expected,
      Consumer<StreamsSubject> missing) {
    return go(
        path,
        StreamSubject::new,
        streams ->
            isThere.test(streams) && StreamSelection.of(streams).dropped() == 0
                ? streams.get(index.applyAsInt(streams))
                : null,
        subject -> {
          if (isThere.test(subject.value())) {
            subject.believe(expected, subject.selection().doubtOnRest());
          } else {
            missing.accept(subject);
          }
        });
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

package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Snapshots;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.stream.RecordedStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on a collection of streams, in the order in which they were started.
 *
 * <p>These are not AssertJ's assertions on lists, because those cannot wait: after {@link
 * #eventually} streams that are started in the meantime are looked at as well.
 *
 * @param <SELF> the type of the assertion itself
 */
public abstract class AbstractStreamsAssert<SELF extends AbstractStreamsAssert<SELF>>
    extends AbstractLiveAssert<SELF, List<RecordedStream>> {

  /** Creates an assertion on {@code actual}; {@code selfType} is the class that extends this. */
  protected AbstractStreamsAssert(@Nullable List<RecordedStream> actual, Class<?> selfType) {
    this(actual, selfType, streams -> StreamSelection.of(streams).latest());
  }

  AbstractStreamsAssert(
      @Nullable List<RecordedStream> actual,
      Class<?> selfType,
      UnaryOperator<List<RecordedStream>> latest) {
    super(actual, selfType, "streams", "", latest);
  }

  @Override
  final String since(List<RecordedStream> then, List<RecordedStream> now) {
    return Snapshots.since(then, now);
  }

  /**
   * Asserts that there are {@code n} streams. That there is none is believed as by {@link
   * #isEmpty}. Fails if streams were dropped that would be among these.
   */
  @CanIgnoreReturnValue
  public SELF hasSize(int n) {
    Texts.requireNotNegative("a size", n);
    return select(
        streams -> {
          if (streams.size() != n) {
            String dropped = streams.doubtOnRest();
            throw failure(
                n,
                streams.size(),
                "to have size <"
                    + n
                    + "> but was <"
                    + streams.size()
                    + ">"
                    + (dropped.isEmpty() ? "" : ", and " + dropped)
                    + Texts.counted(streams));
          }
          believe(
              "to have size <" + n + ">",
              n == 0 ? streams.doubtOnEmptiness() : streams.doubtOnRest(),
              streams);
        });
  }

  /**
   * Asserts that there is no stream. Fails all the same if that is no wonder: if the recorder has
   * recorded nothing at all, or if the method was given by a name that is nearly that of a method
   * which was recorded. Pass the descriptor of the method rather than its name.
   */
  @CanIgnoreReturnValue
  public SELF isEmpty() {
    return select(
        streams -> {
          if (!streams.isEmpty()) {
            throw failure(
                0,
                streams.size(),
                "to be empty but " + Texts.thereIs(streams.size()) + Texts.counted(streams));
          }
          believe("to be empty", streams.doubtOnEmptiness(), streams);
        });
  }

  private SELF select(Consumer<StreamSelection> requirement) {
    return check(streams -> requirement.accept(StreamSelection.of(streams)));
  }

  /** Fails if there is a doubt on what seems to hold. */
  private void believe(String claim, String doubt, StreamSelection streams) {
    if (!doubt.isEmpty()) {
      throw failure(
          "certain",
          "in doubt",
          claim + ", and so it seems, but " + doubt + Texts.recorded(streams));
    }
  }

  /** Asserts that there is a stream. */
  @CanIgnoreReturnValue
  public SELF isNotEmpty() {
    return select(
        streams -> {
          if (streams.dropped() == 0) {
            notEmpty(streams, "not to be empty");
          }
        });
  }

  private void notEmpty(StreamSelection streams, String claim) {
    if (streams.isEmpty()) {
      throw failure("at least 1", 0, claim + " but " + Texts.thereIsNone(streams));
    }
  }

  /**
   * Asserts that there is a stream, and that each meets {@code requirement}. Fails if streams were
   * dropped that would be among these.
   */
  @CanIgnoreReturnValue
  public SELF allSatisfy(Consumer<? super RecordedStream> requirement) {
    Objects.requireNonNull(requirement, "requirement");
    return select(
        streams -> {
          notEmpty(streams, "all to meet the requirement");
          List<String> failures = failures(streams, requirement);
          if (!failures.isEmpty()) {
            throw failure(
                streams.size(),
                streams.size() - failures.size(),
                "all to meet the requirement but "
                    + failures.size()
                    + " of "
                    + streams.size()
                    + (failures.size() == 1 ? " does not:" : " do not:")
                    + String.join("", failures));
          }
          believe("all to meet the requirement", streams.doubtOnRest(), streams);
        });
  }

  /** Asserts that at least one stream meets {@code requirement}. */
  @CanIgnoreReturnValue
  public SELF anySatisfy(Consumer<? super RecordedStream> requirement) {
    Objects.requireNonNull(requirement, "requirement");
    return select(
        streams -> {
          notEmpty(streams, "at least one to meet the requirement");
          List<String> failures = failures(streams, requirement);
          if (failures.size() == streams.size()) {
            String dropped = streams.doubtOnRest();
            throw failure(
                "at least 1",
                0,
                "at least one to meet the requirement but none does"
                    + (dropped.isEmpty() ? "" : " (" + dropped + ")")
                    + ":"
                    + String.join("", failures));
          }
        });
  }

  private static List<String> failures(
      List<RecordedStream> streams, Consumer<? super RecordedStream> requirement) {
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      try {
        requirement.accept(streams.get(i));
      } catch (AssertionError e) {
        failures.add("\n\n" + (i + 1) + ". " + e.getMessage());
      }
    }
    return failures;
  }

  /** Asserts that there is a stream, and that every one is released. */
  @CanIgnoreReturnValue
  public SELF areReleased() {
    return select(
        streams -> {
          if (streams.dropped() == 0) {
            notEmpty(streams, "all to be released");
          }
          List<RecordedStream> open = streams.stream().filter(RecordedStream::isOpen).toList();
          if (!open.isEmpty()) {
            throw failure(
                0,
                open.size(),
                "all to be released but "
                    + open.size()
                    + " of "
                    + streams.size()
                    + (open.size() == 1 ? " is open" : " are open")
                    + Texts.described(open));
          }
        });
  }

  /** Asserts that there is exactly one stream, and goes on with it. */
  @CheckReturnValue
  public StreamAssert hasOnlyOneStream() {
    return goOn(
        streams -> {
          if (streams.size() != 1) {
            throw failure(
                1,
                streams.size(),
                "to be exactly one but " + Texts.thereIs(streams.size()) + Texts.counted(streams));
          }
          believe("to be exactly one", streams.doubtOnRest(), streams);
        },
        size -> 0);
  }

  /** Asserts that there is a stream, and goes on with the first one. */
  @CheckReturnValue
  public StreamAssert first() {
    return goOn(streams -> isThere(streams, "to have a first one"), size -> 0);
  }

  /** Asserts that there is a stream, and goes on with the last one. */
  @CheckReturnValue
  public StreamAssert last() {
    return goOn(streams -> isThere(streams, "to have a last one"), size -> size - 1);
  }

  private void isThere(StreamSelection streams, String claim) {
    notEmpty(streams, claim);
    believe(claim, streams.doubtOnRest(), streams);
  }

  /** Asserts that there is stream {@code number}, from 1, and goes on with it. */
  @CheckReturnValue
  public StreamAssert stream(int number) {
    return goOn(
        streams -> {
          String claim = "to have stream <" + number + ">, counted from 1,";
          if (number < 1 || number > streams.size()) {
            throw failure(
                "at least " + Math.max(number, 1),
                streams.size(),
                claim + " but " + Texts.thereIs(streams.size()) + Texts.counted(streams));
          }
          believe(claim, streams.doubtOnRest(), streams);
        },
        size -> number - 1);
  }

  private StreamAssert goOn(Consumer<StreamSelection> requirement, IntUnaryOperator index) {
    boolean holds = holds(streams -> requirement.accept(StreamSelection.of(streams)));
    List<RecordedStream> now = holds ? held() : null;
    int i = now == null ? -1 : index.applyAsInt(now.size());
    if (now == null || i < 0 || i >= now.size()) {
      return lost(new StreamAssert(null));
    }
    return navigate(
        new StreamAssert(now.get(i)),
        "stream " + (i + 1) + " of " + now.size() + ": " + now.get(i).fullMethodName());
  }
}

package io.github.streamleak.assertj;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import io.github.streamleak.lifecycle.Snapshots;
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
    this(actual, selfType, streams -> streams.stream().map(RecordedStream::latest).toList());
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

  private static String list(List<RecordedStream> streams) {
    if (streams.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder(":\n");
    for (int i = 0; i < streams.size(); i++) {
      text.append('\n').append(i + 1).append(". ").append(streams.get(i));
    }
    return text.toString();
  }

  /** Asserts that there are {@code n} streams. */
  @CanIgnoreReturnValue
  public SELF hasSize(int n) {
    return check(
        streams -> {
          if (streams.size() != n) {
            throw failure(
                n,
                streams.size(),
                "to have size <" + n + "> but was <" + streams.size() + ">" + list(streams));
          }
        });
  }

  /** Asserts that there is no stream. */
  @CanIgnoreReturnValue
  public SELF isEmpty() {
    return check(
        streams -> {
          if (!streams.isEmpty()) {
            throw failure(
                0,
                streams.size(),
                "to be empty but " + Texts.thereIs(streams.size()) + list(streams));
          }
        });
  }

  /** Asserts that there is a stream. */
  @CanIgnoreReturnValue
  public SELF isNotEmpty() {
    return check(this::notEmpty);
  }

  private void notEmpty(List<RecordedStream> streams) {
    if (streams.isEmpty()) {
      throw failure("at least 1", 0, "not to be empty but there is none");
    }
  }

  /**
   * Asserts that each stream meets {@code requirement}. This passes if there are no streams; assert
   * {@link #isNotEmpty} or {@link #hasSize} first.
   */
  @CanIgnoreReturnValue
  public SELF allSatisfy(Consumer<? super RecordedStream> requirement) {
    Objects.requireNonNull(requirement, "requirement");
    return check(
        streams -> {
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
        });
  }

  /** Asserts that at least one stream meets {@code requirement}. */
  @CanIgnoreReturnValue
  public SELF anySatisfy(Consumer<? super RecordedStream> requirement) {
    Objects.requireNonNull(requirement, "requirement");
    return check(
        streams -> {
          List<String> failures = failures(streams, requirement);
          if (failures.size() == streams.size()) {
            throw failure(
                "at least 1",
                0,
                "at least one to meet the requirement but "
                    + (streams.isEmpty() ? "there is none" : "none does:")
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

  /**
   * Asserts that every one of the streams is released. This passes if there are no streams; assert
   * {@link #isNotEmpty} or {@link #hasSize} first.
   */
  @CanIgnoreReturnValue
  public SELF areReleased() {
    return check(
        streams -> {
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
                "to be exactly one but " + Texts.thereIs(streams.size()) + list(streams));
          }
        },
        size -> 0);
  }

  /** Asserts that there is a stream, and goes on with the first one. */
  @CheckReturnValue
  public StreamAssert first() {
    return goOn(this::notEmpty, size -> 0);
  }

  /** Asserts that there is a stream, and goes on with the last one. */
  @CheckReturnValue
  public StreamAssert last() {
    return goOn(this::notEmpty, size -> size - 1);
  }

  /** Asserts that there is a stream at {@code index}, from 0, and goes on with it. */
  @CheckReturnValue
  public StreamAssert element(int index) {
    return goOn(
        streams -> {
          if (index < 0 || index >= streams.size()) {
            throw failure(
                "at least " + (index + 1),
                streams.size(),
                "to have a stream at index <"
                    + index
                    + ">, counted from 0, but "
                    + Texts.thereIs(streams.size())
                    + list(streams));
          }
        },
        size -> index);
  }

  private StreamAssert goOn(Consumer<List<RecordedStream>> requirement, IntUnaryOperator index) {
    List<RecordedStream> now = holds(requirement) ? held() : null;
    int i = now == null ? -1 : index.applyAsInt(now.size());
    if (now == null || i < 0 || i >= now.size()) {
      return lost(new StreamAssert(null));
    }
    return navigate(
        new StreamAssert(now.get(i)),
        "stream " + (i + 1) + " of " + now.size() + ": " + now.get(i).fullMethodName());
  }
}

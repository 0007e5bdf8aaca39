package io.github.streamleak.lifecycle;

import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.MethodDescriptor;
import java.util.AbstractList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The streams that an assertion speaks of, together with what else their recorder has recorded.
 *
 * <p>A list without a stream says little by itself: there was no such call, or its name is
 * misspelt, or the recorder is not attached to the channel. Every assertion on each of the streams
 * would hold of it. What can be told apart is told apart here, for AssertJ's assertions and for
 * Truth's.
 */
public final class StreamSelection extends AbstractList<RecordedStream> {

  private static final Pattern FULL_METHOD_NAME = Pattern.compile("[^\\s/*]+/[^\\s/*]+");

  /** More edits than these, and it is another name. */
  private static final int MOST_EDITS = 2;

  private static final int MOST_METHODS = 10;

  /** Which of the recorded streams these are. */
  private enum Choice {
    ALL,
    OPEN,
    OF_METHOD
  }

  private final List<RecordedStream> selected;
  private final Choice choice;

  /** What was recorded in all; null if that is not known. */
  private final @Nullable List<RecordedStream> recorded;

  /** How many streams of each method were recorded and not kept. */
  private final Map<String, Long> dropped;

  /** The method that was asked for, if it was given as a text. */
  private final @Nullable String askedFor;

  /** How many streams were dropped that would be among these. */
  private final long droppedOfThese;

  private StreamSelection(
      List<RecordedStream> selected,
      Choice choice,
      @Nullable List<RecordedStream> recorded,
      Map<String, Long> dropped,
      @Nullable String askedFor,
      long droppedOfThese) {
    this.selected = List.copyOf(selected);
    this.choice = choice;
    this.recorded = recorded;
    this.dropped = dropped;
    this.askedFor = askedFor;
    this.droppedOfThese = droppedOfThese;
  }

  /** Returns {@code streams} as a selection, of which nothing more is known unless it is one. */
  public static StreamSelection of(List<RecordedStream> streams) {
    Objects.requireNonNull(streams, "streams");
    return streams instanceof StreamSelection known
        ? known
        : new StreamSelection(streams, Choice.ALL, null, Map.of(), null, 0);
  }

  /** Returns all streams that a recorder has recorded, if it keeps all. */
  public static StreamSelection all(List<RecordedStream> recorded) {
    return all(recorded, Map.of());
  }

  /**
   * Returns all streams that a recorder has kept.
   *
   * @param dropped how many more it has recorded, by full method name; a recorder drops streams
   *     that are closed, and none that is open
   */
  public static StreamSelection all(List<RecordedStream> recorded, Map<String, Long> dropped) {
    Objects.requireNonNull(recorded, "recorded");
    Objects.requireNonNull(dropped, "dropped");
    List<RecordedStream> copy = List.copyOf(recorded);
    long all = dropped.values().stream().mapToLong(Long::longValue).sum();
    return new StreamSelection(copy, Choice.ALL, copy, Map.copyOf(dropped), null, all);
  }

  // ---- which of them ----

  /** Returns those of these streams that are open. */
  public StreamSelection open() {
    return new StreamSelection(
        selected.stream().filter(RecordedStream::isOpen).toList(),
        Choice.OPEN,
        recorded,
        dropped,
        null,
        0);
  }

  /** Returns those of these streams that are calls of {@code method}. */
  public StreamSelection ofMethod(MethodDescriptor<?, ?> method) {
    return ofMethod(method.getFullMethodName(), null);
  }

  /**
   * Returns those of these streams that are calls of the method with this full name.
   *
   * @throws IllegalArgumentException if no method can have this name
   */
  public StreamSelection ofMethod(String fullMethodName) {
    return ofMethod(requireFullMethodName(fullMethodName), fullMethodName);
  }

  /**
   * Returns {@code fullMethodName}.
   *
   * @throws IllegalArgumentException if no method can have this name
   */
  public static String requireFullMethodName(String fullMethodName) {
    Objects.requireNonNull(fullMethodName, "fullMethodName");
    if (!FULL_METHOD_NAME.matcher(fullMethodName).matches()) {
      throw new IllegalArgumentException(
          "\""
              + Texts.oneLine(fullMethodName)
              + "\" is no full method name; pass the MethodDescriptor, or write"
              + " \"package.Service/Method\"; * is not understood here");
    }
    return fullMethodName;
  }

  private StreamSelection ofMethod(String name, @Nullable String asked) {
    return new StreamSelection(
        selected.stream().filter(stream -> stream.fullMethodName().equals(name)).toList(),
        Choice.OF_METHOD,
        recorded,
        dropped,
        asked,
        dropped.getOrDefault(name, 0L));
  }

  /** Returns the same streams as they stand now. */
  public StreamSelection latest() {
    return new StreamSelection(
        selected.stream().map(RecordedStream::latest).toList(),
        choice,
        recorded,
        dropped,
        askedFor,
        droppedOfThese);
  }

  @Override
  public RecordedStream get(int index) {
    return selected.get(index);
  }

  @Override
  public int size() {
    return selected.size();
  }

  // ---- what to believe of them ----

  /** Returns how many streams were dropped that would be among these. */
  public long dropped() {
    return droppedOfThese;
  }

  /**
   * Returns why it must not be believed that there is no such stream, although there is none here;
   * empty if it may.
   */
  public String doubtOnEmptiness() {
    if (droppedOfThese > 0) {
      return doubtOnRest();
    }
    if (recorded != null && recorded.isEmpty() && dropped.isEmpty()) {
      return "nothing at all was recorded: assert recordedNothing() if that is meant; if not, this"
          + " recorder is not attached to the channel that was used";
    }
    return didYouMean()
        .map(near -> "did you mean " + near + "? If not, pass the MethodDescriptor")
        .orElse("");
  }

  /**
   * Returns why what holds of these streams need not hold of all such: some were dropped. Empty if
   * none was.
   */
  public String doubtOnRest() {
    return droppedOfThese == 0
        ? ""
        : Texts.count(droppedOfThese, "more stream")
            + (droppedOfThese == 1 ? " was" : " were")
            + " recorded and dropped, and nobody can tell of "
            + (droppedOfThese == 1 ? "that one" : "those")
            + "; GrpcStreamRecorder.builder().closedStreamLimit("
            + (started() + 1) / 2
            + ") keeps all";
  }

  /** Returns how many streams were recorded in all. */
  private long started() {
    long kept = recorded == null ? selected.size() : recorded.size();
    return kept + dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Returns the recorded method that was probably meant: its name differs from that which was asked
   * for by two edits at most, or only in package or case. Empty if there are such streams, or if
   * the method was asked for by its descriptor.
   */
  public Optional<String> didYouMean() {
    String asked = askedFor;
    if (asked == null || recorded == null || !selected.isEmpty()) {
      return Optional.empty();
    }
    String nearest = null;
    int least = MOST_EDITS + 1;
    for (String method : byMethod(recorded).keySet()) {
      int edits = simpleName(method).equalsIgnoreCase(simpleName(asked)) ? 1 : edits(method, asked);
      if (edits < least) {
        least = edits;
        nearest = method;
      }
    }
    return Optional.ofNullable(nearest);
  }

  private static String simpleName(String fullMethodName) {
    int slash = fullMethodName.indexOf('/');
    return fullMethodName.substring(fullMethodName.lastIndexOf('.', slash) + 1);
  }

  /** Returns how many characters to put in, take out or change to make {@code b} of {@code a}. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  // ---- what else there is ----

  /**
   * Returns what the recorder has recorded, a method to a line; empty if that is not known, or if
   * these few streams are all of it.
   */
  public String describeRecorded() {
    boolean shownAnyway =
        choice == Choice.ALL && !selected.isEmpty() && selected.size() <= MOST_METHODS;
    if (recorded == null || (shownAnyway && dropped.isEmpty())) {
      return "";
    }
    Map<String, List<RecordedStream>> methods = byMethod(recorded);
    if (methods.isEmpty()) {
      return "nothing at all";
    }
    List<String> lines =
        methods.entrySet().stream().map(each -> line(each.getKey(), each.getValue())).toList();
    int shown = Math.min(MOST_METHODS, lines.size());
    return String.join("\n", lines.subList(0, shown))
        + (shown < lines.size() ? "\n... and " + (lines.size() - shown) + " more methods" : "");
  }

  private Map<String, List<RecordedStream>> byMethod(List<RecordedStream> streams) {
    Map<String, List<RecordedStream>> methods =
        streams.stream()
            .collect(
                Collectors.groupingBy(
                    RecordedStream::fullMethodName, LinkedHashMap::new, Collectors.toList()));
    dropped.keySet().stream().sorted().forEach(name -> methods.putIfAbsent(name, List.of()));
    return methods;
  }

  private String line(String method, List<RecordedStream> streams) {
    long open = streams.stream().filter(RecordedStream::isOpen).count();
    long gone = dropped.getOrDefault(method, 0L);
    return method
        + ": "
        + Texts.count(streams.size(), "stream")
        + (open == 0 ? "" : ", " + open + " open")
        + (gone == 0 ? "" : ", " + gone + " more dropped");
  }
}

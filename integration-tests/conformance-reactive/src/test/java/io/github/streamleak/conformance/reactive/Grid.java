package io.github.streamleak.conformance.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.stream.StubKind;
import io.github.streamleak.testsupport.GridPage;
import io.github.streamleak.verdict.StreamFinding.Leaked;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every cell on every transport and holds the verdict against the one that the cell states.
 *
 * @param <S> the stub
 */
// One instance: the cells are a method of the grid that extends this.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
public abstract class Grid<S> {

  /** Of a leak: its program has waited for all that can happen. */
  private static final Duration GRACE = Duration.ofMillis(100);

  private static final StreamLeakPolicy LEAKS_ONLY =
      StreamLeakPolicy.normal().strictness(Strictness.LENIENT);

  private final StubKind kind;
  private final String text;

  /**
   * Makes a grid whose streams are all opened through stubs of {@code kind}, called {@code text} in
   * the table.
   */
  protected Grid(StubKind kind, String text) {
    this.kind = kind;
    this.text = text;
  }

  StubKind kind() {
    return kind;
  }

  String text() {
    return text;
  }

  /** Returns a stub on {@code channel}. */
  protected abstract S stub(Channel channel);

  /** Returns the rows. */
  protected abstract List<Group<S>> groups();

  Stream<Arguments> cellsOnTransports() {
    return groups().stream()
        .flatMap(
            group ->
                group.cells().stream()
                    .flatMap(
                        cell ->
                            Arrays.stream(Transport.values())
                                .filter(cell::runsOn)
                                .map(
                                    transport ->
                                        Arguments.of(
                                            GridPage.text(group.type()),
                                            cell,
                                            transport,
                                            cell.expectedOn(transport)))));
  }

  @ParameterizedTest(name = "{0}: {1} | {2} | {3}")
  @MethodSource("cellsOnTransports")
  @Timeout(120)
  void cellTest(String type, Cell<S> cell, Transport transport, Expected expected)
      throws Exception {
    try (Run run = new Run(transport)) {
      cell.program().run(stub(run.channel), run);
      assertAsExpected(cell, run, expected, transport);
      assertThat(run.recorder.releaseLeaked()).as("released by the recorder").isTrue();
    }
  }

  private void assertAsExpected(Cell<S> cell, Run run, Expected expected, Transport transport) {
    if (expected instanceof Expected.NoStream) {
      assertThat(run.recorder.streams()).isEmpty();
    } else if (expected instanceof Expected.Leaked leaked) {
      assertLeaked(run, leaked);
    } else if (expected instanceof Expected.Released released) {
      assertReleased(run, released, transport);
    }
    List<RecordedStream> streams = run.recorder.streams();
    for (RecordedStream stream : streams) {
      assertThat(stream.stubKind()).isEqualTo(kind);
      assertOpenedBy(cell, stream, stream == streams.get(0));
    }
  }

  private static void assertLeaked(Run run, Expected.Leaked expected) {
    StreamVerdict verdict = run.recorder.check(LEAKS_ONLY, GRACE);
    assertThat(verdict.recorderFault()).isEmpty();
    assertThat(verdict.leaks()).hasSize(1);
    Leaked leak = verdict.leaks().get(0);
    assertThat(leak.cause())
        .as(() -> leak.stream() + "\n" + verdict.describe())
        .isEqualTo(expected.cause());
    assertThat(run.tracers.open()).as("attempts without Done").isEqualTo(1);
  }

  private static void assertReleased(Run run, Expected.Released expected, Transport transport) {
    assertThat(run.recorder.awaitReleased(Run.LIMIT))
        .as(() -> run.recorder.streams().toString())
        .isTrue();
    StreamVerdict verdict = run.recorder.check(LEAKS_ONLY);
    assertThat(verdict.recorderFault()).isEmpty();
    assertThat(verdict.findings()).isEmpty();
    assertThat(run.recorder.streams()).hasSize(expected.streams());
    // Picker Done may have run a moment before the terminal status that decides.
    Run.until(() -> run.recorder.streams().stream().allMatch(Grid::isDecided));
    for (RecordedStream stream : run.recorder.streams()) {
      assertThat(expected.first()).as(stream::toString).contains(stream.releases().get(0));
    }
    if (transport == Transport.NETTY
        || expected.first().equals(Set.of(StreamRelease.TERMINAL_STATUS))) {
      // In-process swallows a cancel or a deadline while messages wait (GRPC-FACTS 1.3).
      Run.until(() -> run.tracers.open() == 0);
    }
  }

  private static boolean isDecided(RecordedStream stream) {
    return stream.releases().get(0) != StreamRelease.PICKER_DONE;
  }

  /** By class and file: code that a compiler inlines has the user's class and another file. */
  private void assertOpenedBy(Cell<S> cell, RecordedStream stream, boolean first) {
    // What a library starts again, it starts wherever the first stream has ended.
    boolean mayBeElsewhere = cell.marks().startedElsewhere() || !first;
    if (mayBeElsewhere && stream.openingStack().stream().noneMatch(this::isOfThisGrid)) {
      return;
    }
    assertThat(cell.marks().startedElsewhere()).as("started elsewhere").isFalse();
    assertThat(stream.openingLine()).get().matches(this::isOfThisGrid, "is a line of the cell");
  }

  private boolean isOfThisGrid(StackTraceElement frame) {
    return frame.getClassName().startsWith(getClass().getName())
        && String.valueOf(frame.getFileName()).startsWith(getClass().getSimpleName() + ".");
  }
}

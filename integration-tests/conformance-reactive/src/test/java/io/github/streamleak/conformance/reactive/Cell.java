package io.github.streamleak.conformance.reactive;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A row of the grid.
 *
 * @param name the ending, in words
 * @param expected the verdict by DESIGN 3
 * @param program what the client does
 * @param marks where it runs and on what it differs
 * @param notes what the table says about it
 * @param <S> the stub
 */
public record Cell<S>(
    String name, Expected expected, Program<S> program, Marks marks, List<String> notes) {

  /** A cell without notes, which holds on every transport. */
  public Cell(String name, Expected expected, Program<S> program) {
    this(name, expected, program, new Marks(false, false, expected), List.of());
  }

  /** Notes that no frame of the program is on the stack that starts the call. */
  public Cell<S> startedOnAnotherStack() {
    return with(
        new Marks(true, marks.needsThreads(), marks.overNetty()),
        "no line of the user's is on the stack that starts the call");
  }

  /**
   * Notes that the cell cannot run on a direct executor: reactive-grpc asks for 513 messages and
   * has room for 512 until its subscriber is set, and spins for ever on the thread that would set
   * it.
   */
  public Cell<S> notOnADirectExecutor() {
    return with(
        new Marks(marks.startedElsewhere(), true, marks.overNetty()),
        "not in-process, direct: reactive-grpc spins for ever there once its buffer is full");
  }

  /** States another verdict for Netty, and why. */
  public Cell<S> overNetty(Expected there, String why) {
    return with(new Marks(marks.startedElsewhere(), marks.needsThreads(), there), why);
  }

  /** Takes the server away before the program runs. */
  public Cell<S> withoutServer() {
    Program<S> then = program;
    return new Cell<>(
        name,
        expected,
        (stub, run) -> {
          run.stopServer();
          then.run(stub, run);
        },
        marks,
        notes);
  }

  /** Says something about the cell in the table. */
  public Cell<S> note(String note) {
    return with(marks, note);
  }

  private Cell<S> with(Marks marks, String note) {
    List<String> all = new ArrayList<>(notes);
    all.add(note);
    return new Cell<>(name, expected, program, marks, List.copyOf(all));
  }

  boolean runsOn(Transport transport) {
    return transport != Transport.IN_PROCESS_DIRECT || !marks.needsThreads();
  }

  Expected expectedOn(Transport transport) {
    return transport == Transport.NETTY ? marks.overNetty() : expected;
  }

  Set<Transport> differing() {
    return marks.overNetty().equals(expected) ? Set.of() : Set.of(Transport.NETTY);
  }

  /**
   * Where a cell runs, and on what it differs.
   *
   * @param startedElsewhere whether the library starts the call on a stack of its own, with no
   *     frame of the program
   * @param needsThreads whether the library hangs where all runs on the caller's thread
   * @param overNetty the verdict over Netty
   */
  public record Marks(boolean startedElsewhere, boolean needsThreads, Expected overNetty) {}

  /**
   * The client's side.
   *
   * @param <S> the stub
   */
  public interface Program<S> {
    /** Runs until nothing but what the cell is about can happen on the stream. */
    void run(S stub, Run run) throws Exception;
  }

  @Override
  public String toString() {
    return name;
  }
}

package io.github.streamleak.conformance.reactive;

import org.jspecify.annotations.Nullable;

/**
 * A row of the grid.
 *
 * @param name the ending, in words
 * @param expected the verdict by DESIGN 3, which holds on every transport
 * @param program what the client does
 * @param startedElsewhere whether the library starts the call on a stack of its own, with no frame
 *     of the program
 * @param needsThreads whether the library hangs where all runs on the caller's thread
 * @param fault what of the recorder's makes the cell fail until it is mended, or null
 * @param <S> the stub
 */
public record Cell<S>(
    String name,
    Expected expected,
    Program<S> program,
    boolean startedElsewhere,
    boolean needsThreads,
    @Nullable Fault fault) {

  /** A cell without notes. */
  public Cell(String name, Expected expected, Program<S> program) {
    this(name, expected, program, false, false, null);
  }

  /** Notes that no frame of the program is on the stack that starts the call. */
  public Cell<S> startedOnAnotherStack() {
    return new Cell<>(name, expected, program, true, needsThreads, fault);
  }

  /**
   * Notes that the cell cannot run on a direct executor: reactive-grpc asks for 513 messages and
   * has room for 512 until its subscriber is set, and spins for ever on the thread that would set
   * it.
   */
  public Cell<S> notOnADirectExecutor() {
    return new Cell<>(name, expected, program, startedElsewhere, true, fault);
  }

  /** Notes a fault of the recorder's: the cell has to fail, and to be unmarked once it passes. */
  public Cell<S> failsBecause(String ofWhat, String shows) {
    return new Cell<>(
        name, expected, program, startedElsewhere, needsThreads, new Fault(ofWhat, shows));
  }

  /**
   * A fault of the recorder's that is known.
   *
   * @param what the fault
   * @param shows what the failure of the cell has to contain
   */
  public record Fault(String what, String shows) {}

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

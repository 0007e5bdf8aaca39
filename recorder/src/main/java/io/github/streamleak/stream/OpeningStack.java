package io.github.streamleak.stream;

import io.github.streamleak.internal.Texts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The stack that started a call or built a channel. It tells which line of the user's code did
 * that, and which kind of stub the call went through.
 *
 * <p>Taking a stack costs a few microseconds and reading it several times that, so it is read when
 * somebody first asks. Most streams close properly, and nobody ever asks.
 *
 * <p>Nothing in a stack marks a line as the user's; it is what remains when the frames of others
 * are taken away. The recorder hands over which classes are its own. Interceptors, stubs and
 * channels, also those of the user's, are told by what they extend, and only libraries by their
 * names ({@link FrameClasses}).
 */
public final class OpeningStack {

  /**
   * The methods by which a part of a call or of a channel is entered that wraps another one, each
   * with the type that has it.
   */
  private static final Map<String, String> ENTRIES =
      Map.of(
          "start", "io.grpc.ClientCall",
          "newCall", "io.grpc.Channel",
          "interceptCall", "io.grpc.ClientInterceptor",
          "build", "io.grpc.ManagedChannelBuilder");

  private final @Nullable Throwable taken;

  /**
   * The names of the recorder's own outermost classes. They are classes and not packages, because
   * tests may be in the same packages.
   */
  private final Set<String> own;

  /**
   * Whether the stack was taken at the pick and not when the call was made. The pick may have been
   * made later, on a thread of the transport, and then no frame of it is the user's.
   */
  private final boolean later;

  /** What the frames say, once somebody has asked for it. */
  private volatile @Nullable Reading reading;

  /**
   * What the frames of a stack say.
   *
   * @param frames all frames
   * @param users the indexes of the user's frames, from the opening line outwards
   * @param kind the kind of stub; null if the call went through none
   */
  private record Reading(
      List<StackTraceElement> frames, List<Integer> users, @Nullable StubKind kind) {}

  OpeningStack(@Nullable Throwable taken, Set<String> own, boolean later) {
    this.taken = taken;
    this.own = own;
    this.later = later;
  }

  private Reading read() {
    Reading known = reading;
    if (known == null) {
      List<StackTraceElement> frames = taken == null ? List.of() : List.of(taken.getStackTrace());
      known = new Reader(frames).read();
      reading = known;
    }
    return known;
  }

  /**
   * Returns all frames without the recorder's own, innermost first; empty if no stack was taken.
   */
  public List<StackTraceElement> frames() {
    List<StackTraceElement> frames = read().frames;
    int first = 0;
    while (first < frames.size() && isOwn(frames.get(first).getClassName())) {
      first++;
    }
    return frames.subList(first, frames.size());
  }

  /**
   * Returns the frames from the opening line outwards; empty if no frame is the user's. The first
   * one is what an IDE jumps to if these are the stack trace of an error.
   */
  public List<StackTraceElement> framesFromLine() {
    Reading is = read();
    return is.users.isEmpty() ? List.of() : is.frames.subList(is.users.get(0), is.frames.size());
  }

  /**
   * Returns the innermost frame of the user's code. If there is none, returns the innermost frame
   * that is not the recorder's own. Empty if no stack was taken, or if all that was seen is a pick
   * that was made later on a thread of the transport.
   */
  public Optional<StackTraceElement> line() {
    Reading is = read();
    if (is.users.isEmpty()) {
      return later ? Optional.empty() : frames().stream().findFirst();
    }
    return Optional.of(is.frames.get(is.users.get(0)));
  }

  /**
   * Returns {@link #line()} in the form that an IDE and a terminal turn into a link, {@code
   * Class.method(File.java:41)}.
   */
  public Optional<String> link() {
    return line().map(OpeningStack::link);
  }

  /** Returns {@link #caller()} in the form that an IDE and a terminal turn into a link. */
  public Optional<String> callerLink() {
    return caller().map(OpeningStack::link);
  }

  /**
   * Returns the outermost frame of the user's code, such as the test method; empty if there is no
   * other than the opening line.
   */
  public Optional<StackTraceElement> caller() {
    Reading is = read();
    int count = is.users.size();
    return count < 2 ? Optional.empty() : Optional.of(is.frames.get(is.users.get(count - 1)));
  }

  /** Returns the kind of stub that the call went through; unknown if no stack was taken. */
  public StubKind stubKind() {
    Reading is = read();
    if (is.kind != null) {
      return is.kind;
    }
    return is.frames.size() == 0 || (later && is.users.isEmpty())
        ? StubKind.UNKNOWN
        : StubKind.RAW_CALL;
  }

  private boolean isOwn(String name) {
    return own.contains(FrameClasses.outer(name));
  }

  private static String link(StackTraceElement frame) {
    String file = frame.getFileName();
    return Texts.escaped(frame.getClassName())
        + "."
        + Texts.escaped(frame.getMethodName())
        + "("
        + (file == null ? "Unknown Source" : Texts.escaped(file))
        + (frame.getLineNumber() > 0 ? ":" + frame.getLineNumber() : "")
        + ")";
  }

  /** Reads a stack once. */
  private final class Reader {

    private final FrameClasses classes = new FrameClasses();
    private final List<StackTraceElement> frames;

    /** Whether the stack was taken where a call is started, and not where one is made. */
    private final boolean atStart;

    Reader(List<StackTraceElement> frames) {
      this.frames = frames;
      int inner = 0;
      while (inner < frames.size() && isOwn(name(inner))) {
        inner++;
      }
      this.atStart = inner > 0 && method(inner - 1).equals("start");
    }

    private String name(int i) {
      return frames.get(i).getClassName();
    }

    private String method(int i) {
      return frames.get(i).getMethodName();
    }

    Reading read() {
      int way = wayIn();
      StubKind kind = null;
      int i = way;
      // The outermost frame of the stub library names the call, for blockingUnaryCall goes through
      // futureUnaryCall; but not beyond the user's line, where another call may have led here.
      for (; i < frames.size() && !isUsers(i); i++) {
        StubKind named = kindOf(frames.get(i));
        kind = named == null ? kind : named;
      }
      List<Integer> users = new ArrayList<>();
      for (; i < frames.size(); i++) {
        if (!users.isEmpty() && classes.isCaller(name(i))) {
          break;
        }
        if (isUsers(i)) {
          users.add(i);
        }
      }
      List<Integer> written = users.stream().filter(u -> !isInlined(name(u))).toList();
      return new Reading(frames, written.isEmpty() ? users : written, kind);
    }

    /**
     * Returns the first frame that does not merely pass the call on: it is the user's, a stub's or
     * that of a library which makes calls. The interceptors that the call went through are below
     * it, and so are the methods that they use.
     */
    private int wayIn() {
      int i = 0;
      while (i < frames.size() && !makesCalls(i)) {
        String name = name(i);
        if (isOwn(name) || classes.isGrpc(name) || classes.isLibrary(name) || isMade(i)) {
          i++;
        } else {
          int entry = entryOf(i);
          if (entry < 0) {
            return i;
          }
          i = entry + 1;
        }
      }
      return i;
    }

    /** Returns whether the frame is that of a stub, or of a library in the place of one. */
    private boolean makesCalls(int i) {
      return kindOf(frames.get(i)) != null || classes.isGenerated(name(i));
    }

    /**
     * Returns the frame by which the interceptor was entered that frame {@code i} belongs to, as
     * its own method or as one that it uses; -1 if it belongs to none.
     */
    private int entryOf(int i) {
      String name = name(i);
      boolean part =
          atStart
              ? classes.isA(name, "io.grpc.ClientCall")
              : ENTRIES.values().stream().anyMatch(type -> classes.isA(name, type));
      for (int k = i; k < frames.size() && !classes.isCaller(name(k)); k++) {
        // A method that an interceptor uses does not run inside of another call.
        if (!part && (makesCalls(k) || isInsideGrpc(k))) {
          break;
        }
        if (isEntry(k)
            && (FrameClasses.outer(name(k)).equals(FrameClasses.outer(name))
                || classes.isA(name, name(k)))) {
          return k;
        }
      }
      // A class loader may show nothing. Then the way in is from the outermost stub.
      return !classes.isFound(name) && method(i).equals("start") && isBelowAStub(i) ? i : -1;
    }

    private boolean isInsideGrpc(int i) {
      return classes.isGrpc(name(i))
          && (name(i).startsWith("io.grpc.internal.") || name(i).startsWith("io.grpc.stub."));
    }

    private boolean isEntry(int i) {
      String type = ENTRIES.get(method(i));
      return type != null && (!atStart || method(i).equals("start")) && classes.isA(name(i), type);
    }

    private boolean isBelowAStub(int i) {
      for (int k = i; k < frames.size(); k++) {
        if (makesCalls(k)) {
          return true;
        }
      }
      return false;
    }

    private boolean isUsers(int i) {
      String name = name(i);
      return !isOwn(name)
          && !makesCalls(i)
          && !classes.isGrpc(name)
          && !classes.isLibrary(name)
          && !classes.isCaller(name)
          && !isMade(i);
    }

    /** Returns whether a proxy of the user's class was made at run time, without a source. */
    private boolean isMade(int i) {
      return "<generated>".equals(frames.get(i).getFileName()) || classes.isMade(name(i));
    }

    /**
     * Returns whether the class comes from an inline function of Kotlin. For an object in such a
     * function, as the flow in Flow.map, Kotlin makes a class within the caller's class. Its file
     * and line are still those of the function, such as SafeCollector.common.kt, and not the
     * user's.
     */
    private boolean isInlined(String name) {
      return name.contains("$$inlined$");
    }

    private @Nullable StubKind kindOf(StackTraceElement frame) {
      String name = frame.getClassName();
      if (name.equals("io.grpc.stub.ClientCalls")) {
        return kindOf(frame.getMethodName());
      }
      if (name.startsWith("io.grpc.kotlin.")) {
        return classes.isGrpc(name) ? StubKind.KOTLIN : null;
      }
      if (name.startsWith("com.salesforce.reactorgrpc.")) {
        return StubKind.REACTOR;
      }
      if (name.startsWith("com.salesforce.rx3grpc.") || name.startsWith("com.salesforce.rxgrpc.")) {
        return StubKind.RX;
      }
      if (name.startsWith("io.quarkus.grpc.stubs.")
          || classes.isA(name, "io.quarkus.grpc.MutinyStub")
          || classes.isA(name, "io.quarkus.grpc.MutinyClient")) {
        return StubKind.MUTINY;
      }
      return isGax(name) ? StubKind.GAX : null;
    }

    /**
     * Returns whether the class is of Google's client libraries: their base, one of its callables,
     * or a generated client, all of which are resources of the base.
     */
    private boolean isGax(String name) {
      return (name.startsWith("com.google.api.gax.") && classes.isLibrary(name))
          || classes.isA(name, "com.google.api.gax.core.BackgroundResource")
          || classes.isA(name, "com.google.api.gax.rpc.UnaryCallable")
          || classes.isA(name, "com.google.api.gax.rpc.ServerStreamingCallable")
          || classes.isA(name, "com.google.api.gax.rpc.ClientStreamingCallable")
          || classes.isA(name, "com.google.api.gax.rpc.BidiStreamingCallable");
    }

    private StubKind kindOf(String method) {
      if (method.startsWith("blockingServerStreaming")) {
        return StubKind.BLOCKING_ITERATOR;
      }
      if (method.startsWith("blockingUnary")) {
        return StubKind.BLOCKING;
      }
      if (method.startsWith("blocking")) {
        return StubKind.BLOCKING_V2;
      }
      return method.startsWith("future") ? StubKind.FUTURE : StubKind.ASYNC;
    }
  }
}

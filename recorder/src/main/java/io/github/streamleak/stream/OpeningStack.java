package io.github.streamleak.stream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 * are taken away. The recorder hands over which classes are its own. Frames of gRPC, of libraries
 * and of test frameworks are known by the lists of names below. The price is that a library which
 * is not listed looks like the user's code: the report then names that library's line first, and
 * the user's line as the caller.
 */
public final class OpeningStack {

  /**
   * Packages of libraries that may stand between the user's line and the call. Each ends in a dot,
   * since it is compared with the beginning of a class name.
   */
  private static final List<String> LIBRARIES =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "kotlin.",
          "kotlinx.",
          "scala.",
          "reactor.",
          "io.reactivex.",
          "io.smallrye.mutiny.",
          "com.salesforce.",
          "com.google.common.",
          "io.netty.",
          "io.opentelemetry.javaagent.",
          "io.micrometer.",
          // Not the whole of Spring: its own test suites are users of this check, too.
          "org.springframework.aop.",
          "org.springframework.beans.",
          "org.springframework.boot.",
          "org.springframework.cglib.",
          "org.springframework.context.",
          "org.springframework.core.",
          "org.springframework.scheduling.",
          "org.springframework.transaction.",
          "org.springframework.util.");

  /** Packages of test frameworks and runners, which call the user's code: there his frames end. */
  private static final List<String> CALLERS =
      List.of(
          "org.junit.",
          "junit.",
          "org.testng.",
          "org.apache.maven.surefire.",
          "org.gradle.",
          "org.springframework.test.",
          "com.intellij.",
          "org.eclipse.jdt.internal.");

  /**
   * The packages below io.grpc that are gRPC's own. Not all of them are: the examples of grpc-java,
   * and the code that people make from them, are in io.grpc.examples.
   */
  private static final List<String> GRPC =
      List.of(
          "internal.",
          "stub.",
          "util.",
          "inprocess.",
          "netty.",
          "okhttp.",
          "kotlin.",
          "testing.",
          "census.",
          "opentelemetry.",
          "protobuf.",
          "services.",
          "xds.",
          "rls.",
          "gcp.",
          "alts.",
          "auth.",
          "binder.",
          "cronet.",
          "servlet.",
          "override.");

  private static final StackTraceElement[] NONE = {};

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

  /** The frames, once somebody has asked for them. */
  private volatile StackTraceElement @Nullable [] rendered;

  OpeningStack(@Nullable Throwable taken, Set<String> own, boolean later) {
    this.taken = taken;
    this.own = own;
    this.later = later;
  }

  private StackTraceElement[] all() {
    StackTraceElement[] frames = rendered;
    if (frames == null) {
      frames = taken == null ? NONE : taken.getStackTrace();
      rendered = frames;
    }
    return frames;
  }

  /**
   * Returns all frames without the recorder's own, innermost first; empty if no stack was taken.
   */
  public List<StackTraceElement> frames() {
    StackTraceElement[] frames = all();
    int first = 0;
    while (first < frames.length && isOwn(frames[first].getClassName())) {
      first++;
    }
    return List.of(Arrays.copyOfRange(frames, first, frames.length));
  }

  /**
   * Returns the innermost frame of the user's code. If there is none, returns the innermost frame
   * that is not the recorder's own. Empty if no stack was taken, or if all that was seen is a pick
   * that was made later on a thread of the transport.
   */
  public Optional<StackTraceElement> line() {
    List<StackTraceElement> mine = userFrames();
    if (mine.isEmpty() && later) {
      return Optional.empty();
    }
    return mine.isEmpty() ? frames().stream().findFirst() : Optional.of(mine.get(0));
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
    List<StackTraceElement> mine = userFrames();
    return mine.size() < 2 ? Optional.empty() : Optional.of(mine.get(mine.size() - 1));
  }

  private List<StackTraceElement> userFrames() {
    StackTraceElement[] frames = all();
    List<StackTraceElement> mine = new ArrayList<>();
    // A user's interceptor stands between the stub and the call: the line that called the stub is
    // the one that opened the stream.
    for (int i = Math.max(0, innermostStubFrame()); i < frames.length; i++) {
      StackTraceElement frame = frames[i];
      String name = frame.getClassName();
      if (!mine.isEmpty() && startsWithAny(name, CALLERS)) {
        break;
      }
      if (isUsers(name)) {
        mine.add(frame);
      }
    }
    List<StackTraceElement> written =
        mine.stream().filter(frame -> !isInlined(frame.getClassName())).toList();
    return written.isEmpty() ? mine : written;
  }

  /**
   * Returns whether the class comes from an inline function of Kotlin. For an object in such a
   * function, as the flow in Flow.map, Kotlin makes a class within the caller's class. Its file and
   * line are still those of the function, such as SafeCollector.common.kt, and not the user's.
   */
  private static boolean isInlined(String name) {
    return name.contains("$$inlined$");
  }

  private boolean isUsers(String name) {
    return !isOwn(name)
        && !isGrpc(name)
        && !isGeneratedStub(name)
        && !startsWithAny(name, LIBRARIES)
        && !startsWithAny(name, CALLERS);
  }

  /** Returns the kind of stub that the call went through; unknown if no stack was taken. */
  public StubKind stubKind() {
    StackTraceElement[] frames = all();
    int i = innermostStubFrame();
    if (i < 0) {
      return frames.length == 0 || (later && userFrames().isEmpty())
          ? StubKind.UNKNOWN
          : StubKind.RAW_CALL;
    }
    // The outermost frame of the stub library names the call, for blockingUnaryCall goes through
    // futureUnaryCall; but not beyond the user's line, where another call may have led here.
    StubKind kind = StubKind.RAW_CALL;
    for (; i < frames.length && !isUsers(frames[i].getClassName()); i++) {
      StubKind named = kindOf(frames[i]);
      kind = named == null ? kind : named;
    }
    return kind;
  }

  private int innermostStubFrame() {
    StackTraceElement[] frames = all();
    for (int i = 0; i < frames.length; i++) {
      if (kindOf(frames[i]) != null) {
        return i;
      }
    }
    return -1;
  }

  private static @Nullable StubKind kindOf(StackTraceElement frame) {
    String name = frame.getClassName();
    if (name.equals("io.grpc.stub.ClientCalls")) {
      return kindOf(frame.getMethodName());
    }
    if (name.startsWith("io.grpc.kotlin.")) {
      return StubKind.KOTLIN;
    }
    if (name.startsWith("com.salesforce.reactorgrpc.")) {
      return StubKind.REACTOR;
    }
    return name.startsWith("com.salesforce.rx3grpc.") || name.startsWith("com.salesforce.rxgrpc.")
        ? StubKind.RX
        : null;
  }

  private static StubKind kindOf(String method) {
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

  private boolean isOwn(String name) {
    return own.contains(outer(name));
  }

  private static String outer(String name) {
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }

  private static boolean isGrpc(String name) {
    if (!name.startsWith("io.grpc.")) {
      return false;
    }
    String rest = name.substring("io.grpc.".length());
    return rest.indexOf('.') < 0 || startsWithAny(rest, GRPC);
  }

  /**
   * Returns whether the class is a generated stub: a class with Stub in its name, nested in one
   * whose name ends in Grpc or GrpcKt.
   */
  private static boolean isGeneratedStub(String name) {
    int nested = name.indexOf('$');
    if (nested < 0) {
      return false;
    }
    String outer = name.substring(0, nested);
    String inner = name.substring(nested + 1);
    return (outer.endsWith("Grpc") || outer.endsWith("GrpcKt")) && inner.contains("Stub");
  }

  private static boolean startsWithAny(String name, List<String> prefixes) {
    return prefixes.stream().anyMatch(name::startsWith);
  }

  private static String link(StackTraceElement frame) {
    String file = frame.getFileName();
    return frame.getClassName()
        + "."
        + frame.getMethodName()
        + "("
        + (file == null ? "Unknown Source" : file)
        + (frame.getLineNumber() > 0 ? ":" + frame.getLineNumber() : "")
        + ")";
  }
}

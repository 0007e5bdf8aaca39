package io.github.streamleak.stream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The stack that started a call, or made a channel: the user's line in it, and the kind of stub
 * that it went through.
 *
 * <p>To take a stack costs a few microseconds, to read it several times that, so it is read when it
 * is first asked for. Which frames are the recorder's own is told by the recorder; which are gRPC's
 * or a library's is told here, by their names.
 */
public final class OpeningStack {

  /** Packages between the user's line and the call. A prefix ends in a dot. */
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
          // Not the whole of Spring, whose own suites are users too.
          "org.springframework.aop.",
          "org.springframework.beans.",
          "org.springframework.boot.",
          "org.springframework.cglib.",
          "org.springframework.context.",
          "org.springframework.core.",
          "org.springframework.scheduling.",
          "org.springframework.transaction.",
          "org.springframework.util.");

  /** Where a user's own frames end: below them the test framework calls. */
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
   * The sub-packages of io.grpc that are gRPC's own. Not the whole of io.grpc: the examples of
   * grpc-java, and code that people make from them, live in io.grpc.examples.
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

  /** The outer classes of the recorder's own frames. By class: tests may live in its packages. */
  private final Set<String> own;

  /** Taken on some thread that made a pick later on; nothing in it need be the user's. */
  private final boolean later;

  /** Rendered when first asked for: that takes many times as long as to keep the stack. */
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

  /** Returns all frames but the recorder's own, innermost first; empty if none was taken. */
  public List<StackTraceElement> frames() {
    StackTraceElement[] frames = all();
    int first = 0;
    while (first < frames.length && isOwn(frames[first].getClassName())) {
      first++;
    }
    return List.of(Arrays.copyOfRange(frames, first, frames.length));
  }

  /**
   * Returns the innermost frame that is the user's; failing that, the innermost not our own; empty
   * if all that was seen is a pick that was made later, on a thread of the transport's.
   */
  public Optional<StackTraceElement> line() {
    List<StackTraceElement> mine = userFrames();
    if (mine.isEmpty() && later) {
      return Optional.empty();
    }
    return mine.isEmpty() ? frames().stream().findFirst() : Optional.of(mine.get(0));
  }

  /**
   * Returns {@link #line()} as an IDE and a terminal link it, {@code Class.method(File.java:41)}.
   */
  public Optional<String> link() {
    return line().map(OpeningStack::link);
  }

  /** Returns {@link #caller()} as an IDE and a terminal link it. */
  public Optional<String> callerLink() {
    return caller().map(OpeningStack::link);
  }

  /** Returns the outermost frame of the user's if it is another than the opening line. */
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
   * Kotlin makes a class of the caller's for an object in an inline function, such as the flow in
   * Flow.map. Its file and lines are those of that function: SafeCollector.common.kt, of which the
   * user has never heard.
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

  /** Generated stubs are nested in a class that ends in Grpc, GrpcKt or the like. */
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

package io.github.streamleak.recorder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the stack that started a call: the user's line, and the kind of stub it went through. */
final class OpeningStack {

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

  private final @Nullable Throwable opening;

  /** Rendered when first asked for: that takes many times as long as to keep the stack. */
  private volatile StackTraceElement @Nullable [] rendered;

  OpeningStack(@Nullable Throwable opening) {
    this.opening = opening;
  }

  private StackTraceElement[] all() {
    StackTraceElement[] frames = rendered;
    if (frames == null) {
      frames = opening == null ? NONE : opening.getStackTrace();
      rendered = frames;
    }
    return frames;
  }

  List<StackTraceElement> frames() {
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
  Optional<StackTraceElement> line() {
    List<StackTraceElement> mine = userFrames();
    if (mine.isEmpty() && isOfAPick()) {
      return Optional.empty();
    }
    return mine.isEmpty() ? frames().stream().findFirst() : Optional.of(mine.get(0));
  }

  /** Returns the outermost frame of the user's if it is another than the opening line. */
  Optional<StackTraceElement> caller() {
    List<StackTraceElement> mine = userFrames();
    return mine.size() < 2 ? Optional.empty() : Optional.of(mine.get(mine.size() - 1));
  }

  private boolean isOfAPick() {
    StackTraceElement[] frames = all();
    return frames.length > 0 && outer(frames[0].getClassName()).equals(PickerHook.class.getName());
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

  private static boolean isUsers(String name) {
    return !isOwn(name)
        && !isGrpc(name)
        && !isGeneratedStub(name)
        && !startsWithAny(name, LIBRARIES)
        && !startsWithAny(name, CALLERS);
  }

  /**
   * The outermost frame of the stub library names the call, for blockingUnaryCall goes through
   * futureUnaryCall; but not beyond the user's line, where another call may have led here.
   */
  StubKind stubKind() {
    StackTraceElement[] frames = all();
    int i = innermostStubFrame();
    if (i < 0) {
      return frames.length == 0 || (isOfAPick() && userFrames().isEmpty())
          ? StubKind.UNKNOWN
          : StubKind.RAW_CALL;
    }
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

  /** By class, not by package: tests of ours, and a user's, may live in the same package. */
  private static boolean isOwn(String name) {
    String outer = outer(name);
    return outer.equals(RecordingInterceptor.class.getName())
        || outer.equals(RecordingCall.class.getName())
        || outer.equals(ChannelWatch.class.getName())
        || outer.equals(ConfiguratorHook.class.getName())
        || outer.equals(PickerHook.class.getName())
        || outer.equals(GrpcStreamRecorder.class.getName());
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

  /** Renders a frame so that an IDE and a terminal link it. */
  static String link(StackTraceElement frame) {
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

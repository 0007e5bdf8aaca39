package io.github.streamleak.recorder;

import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamRelease;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * Events for the JDK Flight Recorder, in which someone who debugs a running JVM sees streams start,
 * end and leak.
 *
 * <p>The events are off unless a recording enables them; until then each costs only a look at a
 * flag. The module jdk.jfr may be missing, as it may from a run-time image that jlink has made.
 * Then there are no events, and the classes that need the module are never loaded.
 */
final class FlightRecorder {

  private static final boolean AVAILABLE = isAvailable();

  private FlightRecorder() {}

  private static boolean isAvailable() {
    try {
      return jdk.jfr.FlightRecorder.isAvailable();
    } catch (LinkageError e) {
      return false;
    }
  }

  static void started(String method) {
    if (AVAILABLE) {
      Events.started(method);
    }
  }

  static void released(String method, StreamRelease release, long nanos) {
    if (AVAILABLE) {
      Events.released(method, release, nanos);
    }
  }

  static void leaked(RecordedStream stream, LeakCause cause) {
    if (AVAILABLE) {
      Events.leaked(stream, cause);
    }
  }

  /** Makes the events. A separate class, so that the JVM links it only if the module is there. */
  private static final class Events {

    static void started(String method) {
      StreamStarted event = new StreamStarted();
      if (event.isEnabled()) {
        event.method = method;
        event.commit();
      }
    }

    static void released(String method, StreamRelease release, long nanos) {
      StreamReleased event = new StreamReleased();
      if (event.isEnabled()) {
        event.method = method;
        event.release = release.name();
        event.open = nanos;
        event.commit();
      }
    }

    static void leaked(RecordedStream stream, LeakCause cause) {
      StreamLeaked event = new StreamLeaked();
      if (event.isEnabled()) {
        event.method = stream.fullMethodName();
        event.cause = cause.name();
        event.opened = stream.openingLink().orElse("");
        event.commit();
      }
    }
  }

  @Name("io.github.streamleak.StreamStarted")
  @Label("gRPC Client Stream Started")
  @Description("The application started a call; the stack trace is what opened it")
  @Category({"gRPC", "Streamleak"})
  @Enabled(false)
  @StackTrace(true)
  static final class StreamStarted extends Event {
    @Label("Full Method Name")
    String method = "";
  }

  @Name("io.github.streamleak.StreamReleased")
  @Label("gRPC Client Stream Released")
  @Category({"gRPC", "Streamleak"})
  @Enabled(false)
  @StackTrace(false)
  static final class StreamReleased extends Event {
    @Label("Full Method Name")
    String method = "";

    @Label("Release")
    @Description("The way of release that came first")
    String release = "";

    @Label("Open For")
    @Timespan(Timespan.NANOSECONDS)
    long open;
  }

  @Name("io.github.streamleak.StreamLeaked")
  @Label("gRPC Client Stream Leaked")
  @Description("A check found the stream still open")
  @Category({"gRPC", "Streamleak"})
  @Enabled(false)
  @StackTrace(false)
  static final class StreamLeaked extends Event {
    @Label("Full Method Name")
    String method = "";

    @Label("Cause")
    String cause = "";

    @Label("Opened At")
    String opened = "";
  }
}

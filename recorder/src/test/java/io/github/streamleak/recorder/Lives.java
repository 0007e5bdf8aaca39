package io.github.streamleak.recorder;

import acme.market.MarketGrpc;
import io.github.streamleak.stream.Canceller;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.EventKind;
import io.github.streamleak.stream.Lane;
import io.github.streamleak.stream.Pick;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.Retry;
import io.github.streamleak.stream.StreamRelease;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Streams whose log is written by hand, an event each 0.1 ms. */
public final class Lives {

  private static final AttemptLog.Owner NOBODY =
      new AttemptLog.Owner() {
        @Override
        public void record(EventKind kind, @Nullable AttemptLog attempt, @Nullable Object payload) {
          throw new UnsupportedOperationException();
        }

        @Override
        public void tally(EventKind kind, @Nullable AttemptLog attempt, long number) {
          throw new UnsupportedOperationException();
        }

        @Override
        public void pickerTracerCreated(AttemptLog attempt) {
          throw new UnsupportedOperationException();
        }
      };

  /** An event as it is written: a kind, and the attempt it belongs to. */
  public record Entry(EventKind kind, int attempt, @Nullable Object payload) {
    /** Returns an event of attempt 1, or of none if the application sees it. */
    public static Entry of(EventKind kind) {
      return new Entry(kind, kind.lane() == Lane.APPLICATION ? 0 : 1, content(kind, Status.OK));
    }

    /** Returns this event as one of another attempt. */
    public Entry attempt(int number) {
      return new Entry(kind, number, payload);
    }

    /** Returns this event with another status. */
    public Entry status(Status status) {
      return new Entry(kind, attempt, content(kind, status));
    }

    /** Returns this event with other content. */
    public Entry with(Object other) {
      return new Entry(kind, attempt, other);
    }
  }

  private Lives() {}

  /** Returns what the log keeps of a cancel. */
  public static Object cancel(Canceller by) {
    return new EventNote.Cancel(by, null, null);
  }

  /** Returns a pick, which only the recorder can make. */
  public static Pick pick(Pick.Kind kind, String target) {
    return Values.pick(kind, target);
  }

  /** Returns an event of each kind, in this order. */
  public static List<Entry> entries(EventKind... kinds) {
    return new ArrayList<>(Arrays.stream(kinds).map(Entry::of).toList());
  }

  /** Returns a stream with an event of each kind, in this order. */
  public static RecordedStream of(EventKind... kinds) {
    return of(1000, entries(kinds));
  }

  /** Writes a log that keeps {@code keptAtEachEnd} events at each end. */
  public static RecordedStream of(int keptAtEachEnd, List<Entry> entries) {
    EventLog log = new EventLog(keptAtEachEnd);
    // What has reached the application has come by some attempt.
    int attempts = entries.stream().anyMatch(entry -> entry.kind == EventKind.RECEIVED) ? 1 : 0;
    Map<EventKind, long[]> numbers = new EnumMap<>(EventKind.class);
    for (EventKind kind : EventKind.values()) {
      numbers.put(kind, new long[10]);
    }
    long time = 0;
    for (Entry entry : entries) {
      attempts = Math.max(attempts, entry.attempt);
      long number = Objects.requireNonNull(numbers.get(entry.kind))[entry.attempt]++;
      log.add(
          entry.kind,
          entry.attempt,
          entry.kind == EventKind.REQUESTED ? 1 : number,
          entry.payload,
          time);
      time += 100_000;
    }
    StreamState state = new StreamState(MarketGrpc.SUBSCRIBE, Coverage.WHOLE);
    List<AttemptLog> recorded = new ArrayList<>();
    for (int i = 1; i <= attempts; i++) {
      AttemptLog attempt =
          new AttemptLog(NOBODY, i, i == 1 ? Retry.FIRST : Retry.RETRY, new Metadata());
      attempt.pick = pick(Pick.Kind.SUBCHANNEL, "a:" + i);
      attempt.status = Status.OK;
      attempt.hasPickerTracer = true;
      attempt.pickerStatus = Status.OK;
      attempt.streamCreated = true;
      attempt.serverClosed = true;
      attempt.sent = Objects.requireNonNull(numbers.get(EventKind.ATTEMPT_SENT))[i];
      attempt.received = Objects.requireNonNull(numbers.get(EventKind.ATTEMPT_RECEIVED))[i];
      recorded.add(attempt);
    }
    state.attempts = recorded;
    state.releases = List.of(StreamRelease.TERMINAL_STATUS);
    state.terminal = new EventNote.Terminal(Status.OK, new Metadata(), false);
    state.halfClosed = true;
    state.requested = 2;
    return Values.stream(
        new Values.Snapshot(
            1,
            "market",
            Values.openingStack(null, Set.of(), false),
            /* whyCharged= */ "",
            /* handedOver= */ null,
            "main",
            0,
            time,
            log.events(),
            log.counts(),
            log.dropped(),
            /* holdingUp= */ List.of(),
            null,
            0,
            null,
            () -> {
              throw new UnsupportedOperationException("a life written by hand has no later state");
            }),
        state);
  }

  private static @Nullable Object content(EventKind kind, Status status) {
    return switch (kind) {
      case CANCELLED -> new EventNote.Cancel(Canceller.CALL, "enough", null);
      case TERMINATED -> new EventNote.Terminal(status, new Metadata(), false);
      case LISTENER_THREW -> new EventNote.Thrown("onMessage", new IllegalStateException());
      case ATTEMPT_STARTED -> Retry.FIRST;
      case PICKED -> pick(Pick.Kind.SUBCHANNEL, "a:1");
      case ATTEMPT_CLOSED, PICKER_DONE -> status;
      default -> null;
    };
  }
}

package io.github.streamleak.recorder;

import acme.market.MarketGrpc;
import io.github.streamleak.recorder.EventKind.CancelNote;
import io.github.streamleak.recorder.EventKind.TerminalNote;
import io.github.streamleak.recorder.EventKind.ThrownNote;
import io.github.streamleak.recorder.StreamEvent.Canceller;
import io.github.streamleak.recorder.StreamEvent.Pick;
import io.github.streamleak.recorder.StreamEvent.Retry;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Streams whose log is written by hand, an event each 0.1 ms. */
final class Lives {

  /** An event as it is written: a kind, and the attempt it belongs to. */
  record Entry(EventKind kind, int attempt, @Nullable Object payload) {
    static Entry of(EventKind kind) {
      return new Entry(
          kind, kind.lane() == StreamEvent.Lane.APPLICATION ? 0 : 1, content(kind, Status.OK));
    }

    Entry attempt(int number) {
      return new Entry(kind, number, payload);
    }

    Entry status(Status status) {
      return new Entry(kind, attempt, content(kind, status));
    }

    Entry with(Object other) {
      return new Entry(kind, attempt, other);
    }
  }

  private Lives() {}

  static List<Entry> entries(EventKind... kinds) {
    return new ArrayList<>(Arrays.stream(kinds).map(Entry::of).toList());
  }

  static RecordedStream of(EventKind... kinds) {
    return of(1000, entries(kinds));
  }

  /** Writes a log that keeps {@code keptAtEachEnd} events at each end. */
  static RecordedStream of(int keptAtEachEnd, List<Entry> entries) {
    EventLog log = new EventLog(keptAtEachEnd);
    int attempts = 0;
    long[][] numbers = new long[EventKind.number()][10];
    long time = 0;
    for (Entry entry : entries) {
      attempts = Math.max(attempts, entry.attempt);
      long number = numbers[entry.kind.index()][entry.attempt]++;
      log.add(
          entry.kind,
          entry.attempt,
          entry.kind == EventKind.REQUESTED ? 1 : number,
          entry.payload,
          time);
      time += 100_000;
    }
    List<RecordedAttempt> recorded = new ArrayList<>();
    for (int i = 1; i <= attempts; i++) {
      recorded.add(
          new RecordedAttempt(
              i,
              i == 1 ? Retry.FIRST : Retry.RETRY,
              new Pick(Pick.Kind.SUBCHANNEL, "a:" + i),
              "a:" + i,
              Status.OK,
              true,
              Status.OK,
              true,
              false,
              true,
              numbers[EventKind.ATTEMPT_SENT.index()][i],
              numbers[EventKind.ATTEMPT_RECEIVED.index()][i],
              null));
    }
    return new RecordedStream(
        RecordedSides.ALL,
        MarketGrpc.SUBSCRIBE,
        "market",
        null,
        "main",
        recorded,
        log.events(),
        log.counts(),
        log.dropped(),
        List.of(StreamRelease.TERMINAL_STATUS),
        false,
        LeakCause.NOT_DRAINED,
        Status.OK,
        new Metadata(),
        true,
        2,
        false,
        null,
        Set.of(),
        List.of(),
        null);
  }

  private static @Nullable Object content(EventKind kind, Status status) {
    return switch (kind) {
      case CANCELLED -> new CancelNote(Canceller.CALL, "enough", null);
      case TERMINATED -> new TerminalNote(status, new Metadata());
      case LISTENER_THREW -> new ThrownNote("onMessage", new IllegalStateException());
      case ATTEMPT_STARTED -> Retry.FIRST;
      case PICKED -> new Pick(Pick.Kind.SUBCHANNEL, "a:1");
      case ATTEMPT_CLOSED, PICKER_DONE -> status;
      default -> null;
    };
  }
}

package io.github.streamleak.assertj;

import static io.github.streamleak.assertj.StreamAssertions.assertThat;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.firstInboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.halfClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.headers;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.outboundMessages;
import static io.github.streamleak.lifecycle.ExpectedEvents.picked;
import static io.github.streamleak.lifecycle.ExpectedEvents.pickerDone;
import static io.github.streamleak.lifecycle.ExpectedEvents.requested;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;

import acme.market.MarketClient;
import acme.market.MarketServer;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * The orders that the documentation shows, on Netty and on a machine whose cores are all busy, each
 * time on a new channel. Not part of a build: it takes a minute, and a race that it does not meet
 * proves nothing. Run it with {@code -Dtest=OrdersUnderLoad -Dorders.runs=1000}.
 */
final class OrdersUnderLoad {

  private static final int RUNS = Integer.getInteger("orders.runs", 100);

  @Test
  void ordersOfTheDocumentationHoldOnNetty() throws InterruptedException {
    AtomicBoolean busy = new AtomicBoolean(true);
    List<Thread> load = new ArrayList<>();
    for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
      Thread thread =
          new Thread(
              () -> {
                while (busy.get()) {
                  Thread.onSpinWait();
                }
              });
      thread.setDaemon(true);
      thread.start();
      load.add(thread);
    }
    int mixed = 0;
    int withRequests = 0;
    try {
      for (int i = 0; i < RUNS; i++) {
        RecordedStream stream = watch();
        assertThat(stream)
            .hasLifecycle(
                started(),
                outboundMessages(1),
                halfClosed(),
                inboundMessages(3),
                terminalStatus(Code.OK))
            .hasBefore(picked(), firstInboundMessage())
            .hasBefore(pickerDone(), terminalStatus());
        assertThat(stream)
            .applicationLane()
            .ignoring(requested())
            .hasExactLifecycle(
                started(),
                outboundMessages(1),
                halfClosed(),
                headers(),
                inboundMessages(3),
                terminalStatus());
        assertThat(stream).pickerLane().hasLifecycle(picked(), pickerDone());
        assertThat(stream).attemptLane().hasLifecycle(attemptStarted(), attemptClosed(Code.OK));
        mixed += fails(Lifecycle.before(picked(), halfClosed()), stream);
        withRequests += fails(Lifecycle.before(requested().last(), terminalStatus()), stream);
      }
    } finally {
      busy.set(false);
    }
    for (Thread thread : load) {
      thread.join();
    }
    System.out.printf(
        "%d runs; picked after half-closed: %d; last request after the terminal status: %d%n",
        RUNS, mixed, withRequests);
  }

  private static int fails(Lifecycle lifecycle, RecordedStream stream) {
    return lifecycle.check(stream).isMatched() ? 0 : 1;
  }

  private static RecordedStream watch() {
    try (Wire wire = Wire.to(Transport.NETTY, new MarketServer());
        GrpcStreamRecorder recorder = GrpcStreamRecorder.create()) {
      Iterator<String> prices =
          new MarketClient(wire.channel(builder -> recorder.attachTo(builder))).iterate("3");
      while (prices.hasNext()) {
        String unused = prices.next();
      }
      return recorder.streams().get(0);
    }
  }
}

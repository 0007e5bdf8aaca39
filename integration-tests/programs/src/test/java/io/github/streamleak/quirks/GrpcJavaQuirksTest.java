package io.github.streamleak.quirks;

import static io.github.streamleak.quirks.Side.CHAT;
import static io.github.streamleak.quirks.Side.QUOTE;
import static io.github.streamleak.quirks.Side.WATCH;
import static io.github.streamleak.testsupport.Transport.IN_PROCESS_DIRECT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.testsupport.Transport;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs of docs/grpc-java-quirks.md, and what each of them gives. Without our recorder. */
final class GrpcJavaQuirksTest {

  /** Long enough: a termination that comes at all comes within milliseconds. */
  private static final int SECONDS = 60;

  /** A test of the two transports that the page compares. */
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @EnumSource(names = {"IN_PROCESS_DIRECT", "NETTY"})
  private @interface OnBothTransports {}

  private static ClientCall<String, String> started(Side side, CallOptions options) {
    ClientCall<String, String> call = side.channel.newCall(WATCH, options);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage("watch");
    call.halfClose();
    return call;
  }

  private static ClientCall<String, String> cancelAfterTheServer(Side side) throws Exception {
    // snippet:cancel
    ClientCall<String, String> call = side.channel.newCall(WATCH, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(1); // the server sends 3 messages and closes
    call.sendMessage("watch");
    call.halfClose();
    side.answered.await();
    call.cancel("read enough", null);
    // end:cancel
    return call;
  }

  @OnBothTransports
  void cancelIsSwallowedInProcessTest(Transport transport) throws Exception {
    try (Side side = Side.closing(transport, 3)) {
      ClientCall<String, String> call = cancelAfterTheServer(side);

      assertThat(side.seen())
          .isEqualTo(
              transport == IN_PROCESS_DIRECT
                  ? "tracer never, onClose never"
                  : "tracer CANCELLED, onClose CANCELLED");
      call.request(2);
      assertThat(side.seen())
          .isEqualTo(
              transport == IN_PROCESS_DIRECT
                  ? "tracer OK, onClose OK"
                  : "tracer CANCELLED, onClose CANCELLED");
    }
  }

  private static void cancelContextAfterTheServer(Side side) throws Exception {
    // snippet:context
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> started(side, CallOptions.DEFAULT).request(1)); // 1 of 3
    side.answered.await();
    context.cancel(null);
    // end:context
  }

  @OnBothTransports
  void cancelOfTheContextIsSwallowedInProcessTest(Transport transport) throws Exception {
    try (Side side = Side.closing(transport, 3)) {
      cancelContextAfterTheServer(side);

      assertThat(side.seen())
          .isEqualTo(
              transport == IN_PROCESS_DIRECT
                  ? "tracer never, onClose never"
                  : "tracer CANCELLED, onClose CANCELLED");
    }
  }

  private static void deadlineAfterTheServer(Side side) throws Exception {
    // snippet:deadline
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS);
    started(side, options).request(1); // 1 of 3
    side.answered.await();
    Side.awaitTimers(200);
    // end:deadline
  }

  @OnBothTransports
  void deadlineIsSwallowedInProcessTest(Transport transport) throws Exception {
    try (Side side = Side.closing(transport, 3)) {
      deadlineAfterTheServer(side);

      assertThat(side.seen())
          .isEqualTo(
              transport == IN_PROCESS_DIRECT
                  ? "tracer never, onClose never"
                  : "tracer DEADLINE_EXCEEDED, onClose DEADLINE_EXCEEDED");
    }
  }

  private static void shutDownNow(Side side) throws Exception {
    // snippet:shutdownNow
    started(side, CallOptions.DEFAULT).request(1); // 1 of 3
    side.answered.await();
    side.settle();
    side.managed.shutdownNow();
    boolean terminated = side.managed.awaitTermination(SECONDS, TimeUnit.SECONDS);
    // end:shutdownNow
    assertThat(terminated).isTrue();
  }

  @OnBothTransports
  void shutdownNowLeavesAnUndrainedStreamTest(Transport transport) throws Exception {
    try (Side side = Side.closing(transport, 3)) {
      shutDownNow(side);

      assertThat(side.seen()).isEqualTo("tracer never, onClose never");
    }
  }

  private static void shutDown(Side side) throws Exception {
    // snippet:termination
    Iterator<String> prices =
        ClientCalls.blockingServerStreamingCall(side.channel, WATCH, CallOptions.DEFAULT, "watch");
    prices.next(); // 1 of 3
    side.answered.await();
    side.settle();
    side.managed.shutdown();
    boolean terminated = side.managed.awaitTermination(SECONDS, TimeUnit.SECONDS);
    // end:termination
    assertThat(terminated).isTrue();
  }

  @OnBothTransports
  void terminationSaysNothingOfStreamsTest(Transport transport) throws Exception {
    try (Side side = Side.closing(transport, 3)) {
      shutDown(side);

      assertThat(side.seen()).isEqualTo("tracer never, onClose never");
    }
  }

  private static void leaveUnread(Side side, int taken) throws Exception {
    // snippet:unread
    Iterator<String> prices =
        ClientCalls.blockingServerStreamingCall(side.channel, WATCH, CallOptions.DEFAULT, "watch");
    for (int i = 0; i < taken; i++) {
      prices.next();
    }
    side.answered.await();
    // end:unread
  }

  @OnBothTransports
  void oneUnreadMessageFreesTheStatusTest(Transport transport) throws Exception {
    for (int unread = 0; unread <= 3; unread++) {
      try (Side side = Side.closing(transport, 3)) {
        side.settle();
        leaveUnread(side, 3 - unread);

        assertThat(side.seen())
            .as("%d of 3 unread", unread)
            .startsWith(unread >= 2 ? "tracer never" : "tracer OK");
      }
    }
  }

  private static void callThatIsRefused(Side side) {
    // snippet:refused
    try {
      ClientCalls.blockingUnaryCall(side.channel, QUOTE, CallOptions.DEFAULT, "quote");
    } catch (StatusRuntimeException refused) {
      // the status of the server
    }
    // end:refused
  }

  @OnBothTransports
  void blockingUnaryCallCancelsAfterAStatusThatIsNotOkTest(Transport transport) {
    try (Side side = Side.closing(transport, 3)) {
      callThatIsRefused(side);

      assertThat(side.order).containsExactly("onClose PERMISSION_DENIED", "cancel");
      assertThat(side.seen()).isEqualTo("tracer PERMISSION_DENIED, onClose PERMISSION_DENIED");
    }
  }

  private static BlockingClientCall<String, String> cancelV2(Side side) throws Exception {
    // snippet:v2cancel
    BlockingClientCall<String, String> chat =
        ClientCalls.blockingBidiStreamingCall(side.channel, CHAT, CallOptions.DEFAULT);
    chat.read();
    chat.cancel("read enough", null);
    // end:v2cancel
    return chat;
  }

  @OnBothTransports
  void cancelOfBlockingV2NeverDeliversOnCloseTest(Transport transport) throws Exception {
    try (Side side = Side.open(transport, 3)) {
      cancelV2(side);

      assertThat(side.seen()).isEqualTo("tracer CANCELLED, onClose never");
    }
  }

  private static BlockingClientCall<String, String> startV2(Side side) throws Exception {
    // snippet:v2start
    BlockingClientCall<String, String> prices =
        ClientCalls.blockingV2ServerStreamingCall(
            side.channel, WATCH, CallOptions.DEFAULT, "watch");
    // end:v2start
    return prices;
  }

  @OnBothTransports
  void blockingV2WithoutReadSendsNothingOnAFreshNettyChannelTest(Transport transport)
      throws Exception {
    if (transport == IN_PROCESS_DIRECT) {
      assertThat(sentWithoutRead(transport)).isTrue();
      return;
    }
    // If the connection is made before startV2 returns, the request goes out: seen once in 40.
    boolean sent = true;
    for (int i = 0; i < 20 && sent; i++) {
      sent = sentWithoutRead(transport);
    }
    assertThat(sent).isFalse();
  }

  private static boolean sentWithoutRead(Transport transport) throws Exception {
    try (Side side = Side.open(transport, 3)) {
      BlockingClientCall<String, String> prices = startV2(side);
      boolean sent = side.requestReachedTheServer();

      assertThat(prices.read()).isEqualTo("message 0");
      assertThat(side.requestReachedTheServer()).isTrue();
      return sent;
    }
  }

  @OnBothTransports
  void blockingV2SendsOnAChannelThatIsConnectedTest(Transport transport) throws Exception {
    try (Side side = Side.open(transport, 3)) {
      side.settle();
      startV2(side);

      assertThat(side.requestReachedTheServer()).isTrue();
    }
  }

  private static ClientCall<String, String> startUnderOneContext(
      Side side, Context.CancellableContext creator, Context.CancellableContext starter)
      throws Exception {
    // snippet:contextAtNewCall
    ClientCall<String, String> call =
        creator.call(() -> side.channel.newCall(CHAT, CallOptions.DEFAULT));
    starter.run(() -> call.start(new ClientCall.Listener<>() {}, new Metadata()));
    // end:contextAtNewCall
    return call;
  }

  @OnBothTransports
  void theContextOfACallIsThatOfItsCreationTest(Transport transport) throws Exception {
    Context.CancellableContext creator = Context.current().withCancellation();
    Context.CancellableContext starter = Context.current().withCancellation();
    try (Side side = Side.open(transport, 0)) {
      startUnderOneContext(side, creator, starter);
      side.settle();
      starter.cancel(null);
      assertThat(side.seen()).isEqualTo("tracer never, onClose never");
      creator.cancel(null);
      assertThat(side.seen()).isEqualTo("tracer CANCELLED, onClose CANCELLED");
    }
  }
}

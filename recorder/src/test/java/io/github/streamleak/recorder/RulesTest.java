package io.github.streamleak.recorder;

import static io.github.streamleak.verdict.RuleSeverity.FAIL;
import static io.github.streamleak.verdict.RuleSeverity.OFF;
import static io.github.streamleak.verdict.RuleSeverity.WARN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.MarketClient;
import acme.market.MarketClient.Raw;
import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Await;
import io.github.streamleak.testsupport.SilentCall;
import io.github.streamleak.testsupport.Stable;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.RuleSeverity;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamLeakError;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule: what breaks it, its twin that does not, and the text. */
final class RulesTest {

  private static final StreamLeakPolicy STRICT =
      StreamLeakPolicy.normal()
          .strictness(Strictness.STRICT)
          .rule(StreamRule.NO_DEADLINE, RuleSeverity.OFF);
  private static final String ALLOW =
      "\nTo allow it on purpose: policy.allow(StreamAllowance.of(\"%s\", \"the reason\"))\n";
  private static final String SWITCH =
      "To switch the rule off: policy.rule(StreamRule.of(\"%s\"), RuleSeverity.OFF)";

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder()
          .quietTime(Duration.ofMillis(20))
          .clock(() -> 0)
          .captureUnstarted(true)
          .build();
  private final MarketServer server = new MarketServer();
  private final Wire wire = Wire.direct(server);
  private final ManagedChannel channel = wire.channel(recorder::attachTo);
  private final MarketClient client = new MarketClient(channel);

  @AfterEach
  void shutDown() {
    recorder.releaseLeaked();
    wire.close();
    recorder.close();
  }

  // ---- severities ----

  @ParameterizedTest
  @CsvSource({
    "LEAKED_STREAM, FAIL, FAIL, FAIL",
    "TERMINAL_NOT_READ, OFF, WARN, FAIL",
    "ENDED_BY_SHUTDOWN, WARN, WARN, FAIL",
    "ENDED_BY_DEADLINE, OFF, WARN, FAIL",
    "CANCEL_WITHOUT_DONE, OFF, WARN, FAIL",
    "LISTENER_THREW, WARN, FAIL, FAIL",
    "PROTOCOL, WARN, FAIL, FAIL",
    "NOT_STARTED, OFF, WARN, FAIL",
    "CHANNEL_LEFT_OPEN, OFF, WARN, FAIL",
    "NO_DEADLINE, OFF, OFF, WARN",
  })
  void strictnessSetsTheSeverityTest(
      StreamRule rule, RuleSeverity lenient, RuleSeverity normal, RuleSeverity strict) {
    StreamLeakPolicy policy = StreamLeakPolicy.normal();

    assertThat(policy.severity(rule)).isEqualTo(normal);
    assertThat(policy.strictness(Strictness.LENIENT).severity(rule)).isEqualTo(lenient);
    assertThat(policy.strictness(Strictness.STRICT).severity(rule)).isEqualTo(strict);
  }

  @Test
  void ruleThatIsSetIsIndependentOfTheStrictnessTest() {
    StreamLeakPolicy policy =
        StreamLeakPolicy.normal()
            .rule(StreamRule.PROTOCOL, OFF)
            .rule(StreamRule.NO_DEADLINE, FAIL)
            .rule(StreamRule.NOT_STARTED, FAIL)
            .rule(StreamRule.NOT_STARTED, WARN)
            .strictness(Strictness.STRICT);

    assertThat(policy.severity(StreamRule.PROTOCOL)).isEqualTo(OFF);
    assertThat(policy.severity(StreamRule.NO_DEADLINE)).isEqualTo(FAIL);
    assertThat(policy.severity(StreamRule.NOT_STARTED)).isEqualTo(WARN);
  }

  @Test
  void leakAlwaysFailsTest() {
    assertThatThrownBy(() -> StreamLeakPolicy.normal().rule(StreamRule.LEAKED_STREAM, OFF))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "leaked-stream always fails; excuse a stream with an allowance, which has a reason");
  }

  @Test
  void ruleIsFoundByItsNameTest() {
    assertThat(StreamRule.of(" Terminal-Not_Read ")).isEqualTo(StreamRule.TERMINAL_NOT_READ);
    assertThatThrownBy(() -> StreamRule.of("deadline"))
        .hasMessage(
            "there is no rule \"deadline\"; the rules are leaked-stream, terminal-not-read,"
                + " ended-by-shutdown, ended-by-deadline, cancel-without-done, listener-threw,"
                + " protocol, not-started, channel-left-open, no-deadline");
  }

  // ---- terminal-not-read ----

  @Test
  void statusThatNobodyReadIsFoundTest() {
    Iterator<String> prices = client.iterate("2");
    prices.next();

    assertThat(text())
        .isEqualTo(
            """
            1 breach of the rules for gRPC client streams:

            1. terminal-not-read: acme.Market/Watch (SERVER_STREAMING, blocking iterator)
               found     : the transport is done, but the application stopped reading before the terminal status; where the server sends more, such a stream leaks
               opened at : acme.market.MarketClient.iterate(MarketClient.java:LINE)
               called by : io.github.streamleak.recorder.RulesTest.statusThatNobodyReadIsFoundTest(RulesTest.java:LINE)
               attempt   : 1, picked market, closed OK
               state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, terminal status OK
               events    : ...
                             +0.0 ms  headers
                             +0.0 ms  inbound message #0
                             +0.0 ms  requested 1
                             +0.0 ms  trailers on the transport
                             +0.0 ms  attempt closed OK
                             +0.0 ms  picker Done OK
                             +0.0 ms  inbound message #1
                             +0.0 ms  terminal status OK
               to fix    : <your iterator>.forEachRemaining(message -> {});  // at the end: reads to the end
                           Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                           Context caller = context.attach();  // before the call
                           context.detachAndCancel(caller, null);  // in finally
                           import io.grpc.Context;  // with the imports
                           // in full: docs/fixing-leaks.md#stop-with-a-context
            """
                + end("acme.Market/Watch", "terminal-not-read"));
  }

  @Test
  void statusThatWasReadPassesTest() {
    client.iterate("2").forEachRemaining(price -> {});

    assertPasses();
  }

  @Test
  void statusThatNobodyReadOfAV2CallIsFoundTest() throws Exception {
    client.watchV2("2").read();

    assertThat(text())
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. terminal-not-read: acme.Market/Watch (SERVER_STREAMING, blocking v2 stub)
            """)
        .contains("of 2 requested, no terminal status\n");
  }

  @Test
  void statusIsNotMissedWithoutAWaitTest() throws Exception {
    client.watchV2("2").read();

    // It may be on its way: who gives it no time learns nothing.
    assertThat(recorder.check(STRICT, Duration.ofMillis(39)).breaches()).isEmpty();
    assertThat(recorder.check(STRICT, Duration.ofMillis(40)).breaches()).hasSize(1);
  }

  // ---- ended-by-shutdown ----

  @Test
  void streamThatOnlyShutdownNowEndedIsFoundTest() {
    StreamObserver<String> unused = client.subscribeAsync(new Received());
    channel.shutdownNow();

    assertThat(text())
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. ended-by-shutdown: acme.Market/Subscribe (BIDI_STREAMING, async stub)
               found     : only shutdownNow of the channel or the server ended the stream; production shuts neither down after each call
               opened at : acme.market.MarketClient.subscribeAsync(MarketClient.java:LINE)
            """)
        .contains(
            "to fix    : <your ClientCallStreamObserver>.cancel(\"closed\", null);  // where the client")
        .endsWith(end("acme.Market/Subscribe", "ended-by-shutdown"));
  }

  @Test
  void streamThatWasCancelledBeforeTheShutdownPassesTest() {
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 1);
    raw.call.cancel("enough", null);
    channel.shutdownNow();

    assertPasses();
  }

  @Test
  void callThatIsMadeAfterTheShutdownPassesTest() throws Exception {
    channel.shutdownNow();
    client.raw(MarketGrpc.SUBSCRIBE, 1).closed.await();

    assertPasses();
  }

  // ---- ended-by-deadline ----

  @Test
  void streamThatOnlyItsDeadlineEndedIsFoundTest() {
    Deadline.Ticker ticker = Deadline.getSystemTicker();
    CallOptions passes =
        CallOptions.DEFAULT.withDeadline(Deadline.after(1, TimeUnit.NANOSECONDS, ticker));
    Mute mute = new Mute();
    ClientCall<String, String> call =
        recorder.intercept(mute).newCall(MarketGrpc.SUBSCRIBE, passes);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(1);
    call.halfClose();

    assertThat(text())
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. ended-by-deadline: acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               found     : only the deadline ended the stream: nobody cancelled it or read its terminal status
            """)
        .contains(
            "to fix    : <your call>.request(1);  // at the end of every onMessage: reads to the end\n")
        .endsWith(end("acme.Market/Subscribe", "ended-by-deadline"));
  }

  @Test
  void deadlineWhoseStatusArrivesPassesTest() throws Exception {
    CallOptions passed = CallOptions.DEFAULT.withDeadline(Deadline.after(-1, TimeUnit.NANOSECONDS));
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, passed, 1);
    raw.closed.await();

    assertThat(raw.status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertPasses();
  }

  // ---- cancel-without-done ----

  @Test
  void cancelThatAnInterceptorSwallowsIsFoundTest() {
    ManagedChannel swallowing =
        wire.channel(builder -> recorder.attachTo(builder.intercept(new SwallowsCancel())));
    ClientCall<String, String> call = swallowing.newCall(MarketGrpc.SUBSCRIBE, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.cancel("enough", null);

    assertThat(text())
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. cancel-without-done: acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               found     : the stream was cancelled, but the cancel did not close its attempt
            """)
        .contains(
            "to fix    : super.cancel(message, cause);  // in the interceptor whose call overrides"
                + " cancel()\n")
        .endsWith(end("acme.Market/Subscribe", "cancel-without-done"));
  }

  @Test
  void cancelThatClosesTheAttemptPassesTest() throws Exception {
    BlockingClientCall<String, String> v2 = client.subscribeV2();
    v2.write("1+");
    v2.read();
    v2.cancel("enough", null);

    assertPasses();
  }

  @Test
  void cancelThatInProcessSwallowsPassesTest() {
    CancellableContext context = Context.current().withCancellation();
    context.run(() -> client.iterate("3").next());
    context.cancel(null);

    assertPasses();
  }

  // ---- listener-threw ----

  @Test
  void listenerThatThrowsIsFoundTest() {
    watchWith(
        "2",
        new Received() {
          @Override
          public void onNext(String price) {
            throw new IllegalStateException("cannot read " + price);
          }
        });

    assertThat(text())
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. listener-threw: acme.Market/Watch (SERVER_STREAMING, async stub)
               found     : the application's listener threw java.lang.IllegalStateException (cannot read price 0) in onMessage, at io.github.streamleak.recorder.RulesTest$3.onNext(RulesTest.java:LINE); gRPC cancels such a stream, and the exception reaches no test
            """)
        .contains("listener threw IllegalStateException in onMessage")
        .contains("to fix    : <your future>.completeExceptionally(e);  // in a catch around")
        .endsWith(end("acme.Market/Watch", "listener-threw"));
  }

  @Test
  void listenerThatThrowsInOnCloseIsFoundTest() {
    watchWith(
        "0",
        new Received() {
          @Override
          public void onCompleted() {
            throw new IllegalStateException();
          }
        });

    assertThat(rules()).containsExactly(StreamRule.LISTENER_THREW);
  }

  @Test
  void listenerThatTakesAllPassesTest() {
    watchWith("2", new Received());

    assertPasses();
  }

  // ---- protocol ----

  @Test
  void messageAfterHalfCloseIsFoundTest() {
    Raw raw = client.raw(MarketGrpc.SUBSCRIBE, 9).send("1").halfClose();
    assertThatThrownBy(() -> raw.send("2")).isInstanceOf(IllegalStateException.class);

    assertThat(text())
        .startsWith(
            """
            1 breach of the rules for gRPC client streams:

            1. protocol: acme.Market/Subscribe (BIDI_STREAMING, raw ClientCall)
               found     : the call was used against its contract: a message after half-close
            """)
        .contains(
            "to fix    : <your call>.halfClose();  // or cancel, once, and nothing is sent after it")
        .endsWith(end("acme.Market/Subscribe", "protocol"));
  }

  @Test
  void otherMisusesAreFoundTest() {
    Raw cancelled = client.raw(MarketGrpc.SUBSCRIBE, 9);
    cancelled.call.cancel("enough", null);
    assertThatThrownBy(() -> cancelled.send("2")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(cancelled::halfClose).isInstanceOf(IllegalStateException.class);
    Raw twice = client.raw(MarketGrpc.QUOTE, 2).send("1").halfClose();
    assertThatThrownBy(twice::halfClose).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> twice.call.start(twice, new Metadata()))
        .isInstanceOf(IllegalStateException.class);

    assertThat(recorder.streams().get(0).misuses())
        .containsExactly("a message after cancel", "a half-close after cancel");
    assertThat(recorder.streams().get(1).misuses())
        .containsExactly("a half-close after half-close", "a second start");
    assertThat(rules()).containsExactly(StreamRule.PROTOCOL, StreamRule.PROTOCOL);
  }

  @Test
  void whatIsDeliveredAfterTheStatusIsFoundTest() {
    ManagedChannel stuttering =
        wire.channel(builder -> recorder.attachTo(builder.intercept(new Stutters())));
    new MarketClient(stuttering).raw(MarketGrpc.QUOTE, 2).send("1").halfClose();

    assertThat(recorder.streams().get(0).misuses())
        .containsExactly("a second terminal status", "a message after the status");
    assertThat(rules()).containsExactly(StreamRule.PROTOCOL);
  }

  @Test
  void refusalOfAnInterceptorOfTheUsersPassesTest() {
    ManagedChannel refusing =
        wire.channel(builder -> recorder.attachTo(builder.intercept(new RefusesMessages())));
    Raw raw = new MarketClient(refusing).raw(MarketGrpc.SUBSCRIBE, 9);
    assertThatThrownBy(() -> raw.send("1")).isInstanceOf(IllegalStateException.class);
    raw.call.cancel("refused", null);

    assertPasses();
  }

  // ---- not-started ----

  @Test
  void callThatIsNeverStartedIsFoundTest() {
    ClientCall<String, String> unused = channel.newCall(MarketGrpc.QUOTE, CallOptions.DEFAULT);

    assertThat(text())
        .isEqualTo(
            """
            1 breach of the rules for gRPC client streams:

            1. not-started: acme.Market/Quote
               found     : a call was created, and neither started nor cancelled
               made at   : io.github.streamleak.recorder.RulesTest.callThatIsNeverStartedIsFoundTest(RulesTest.java:LINE)
               to fix    : <your call>.start(<your listener>, new Metadata());  // or do not create the call
                           import io.grpc.Metadata;  // with the imports
                           <your call>.cancel("not needed", null);  // or in finally
            """
                + end("acme.Market/Quote", "not-started"));
  }

  @Test
  void callThatIsCancelledInsteadPassesTest() {
    channel.newCall(MarketGrpc.QUOTE, CallOptions.DEFAULT).cancel("not needed", null);

    assertPasses();
  }

  // ---- channel-left-open ----

  @Test
  void channelThatIsNotShutDownIsFoundTest() {
    client.blockingQuote("1");
    StreamVerdict verdict = recorder.check(STRICT).with(recorder.channelsLeftOpen(STRICT));

    assertThat(failure(verdict))
        .isEqualTo(
            """
            1 breach of the rules for gRPC client streams:

            1. channel-left-open: localhost
               found     : a channel was built and used, and not shut down
               made at   : io.github.streamleak.testsupport.Wire.channel(Wire.java:LINE)
               called by : io.github.streamleak.recorder.RulesTest.<init>(RulesTest.java:LINE)
               to fix    : <your channel>.shutdown();  // in finally, by whoever has built it
            """
                + "\n"
                + SWITCH.replace("%s", "channel-left-open"));
  }

  @Test
  void channelThatIsShutDownPassesTest() {
    client.blockingQuote("1");
    channel.shutdown();

    assertThat(recorder.channelsLeftOpen(STRICT)).isEmpty();
  }

  @RepeatedTest(50)
  void channelThatIsShutDownWhileACallMayBeTriedAgainPassesWhateverTheServerDoesTest()
      throws InterruptedException {
    try (Wire netty = Wire.to(Transport.NETTY, server)) {
      ManagedChannel retrying = netty.channel(recorder::attachTo);
      unanswered(retrying);
      retrying.shutdown();
      Thread teardown = new Thread(netty.server()::shutdownNow);
      teardown.start();

      assertThat(recorder.channelsLeftOpen(STRICT)).isEmpty();
      teardown.join();
      assertThat(recorder.channelsLeftOpen(STRICT)).isEmpty();
    }
  }

  @Test
  void channelThatIsShutDownNowWhileACallIsUnansweredPassesTest() {
    try (Wire netty = Wire.to(Transport.NETTY, server)) {
      ManagedChannel retrying = netty.channel(recorder::attachTo);
      unanswered(retrying);
      retrying.shutdownNow();

      assertThat(recorder.channelsLeftOpen(STRICT)).isEmpty();
    }
  }

  @RepeatedTest(50)
  void channelThatIsNotShutDownIsFoundWhateverTheServerDoesTest() throws InterruptedException {
    try (Wire netty = Wire.to(Transport.NETTY, server)) {
      unanswered(netty.channel(recorder::attachTo));
      Thread teardown = new Thread(netty.server()::shutdownNow);
      teardown.start();

      assertThat(recorder.channelsLeftOpen(STRICT)).hasSize(1);
      teardown.join();
      Await.until(netty.server()::isTerminated);
      assertThat(recorder.channelsLeftOpen(STRICT)).hasSize(1);
    }
  }

  @Test
  void channelThatIsIdlePassesTest() {
    client.blockingQuote("1");
    assertThat(recorder.channelsLeftOpen(STRICT)).hasSize(1);
    channel.enterIdle();

    assertThat(recorder.channelsLeftOpen(STRICT)).isEmpty();
  }

  /** Has the server receive a call that it never answers, and that gRPC may try again. */
  private void unanswered(ManagedChannel channel) {
    new MarketClient(channel).raw(MarketGrpc.QUOTE, 1).send(MarketServer.NEVER).halfClose();
    server.commands.acquireUninterruptibly();
  }

  @Test
  void channelThatWasNeverUsedPassesTest() {
    assertThat(recorder.channelsLeftOpen(STRICT)).isEmpty();
  }

  @Test
  void channelsAreNotLookedAtWhereTheRuleIsOffTest() {
    client.blockingQuote("1");

    assertThat(recorder.channelsLeftOpen(StreamLeakPolicy.normal().strictness(Strictness.LENIENT)))
        .isEmpty();
  }

  // ---- no-deadline ----

  @Test
  void streamWithoutADeadlineIsFoundTest() {
    client.blockingQuote("1");
    StreamLeakPolicy policy = StreamLeakPolicy.normal().strictness(Strictness.STRICT);
    StreamVerdict verdict = recorder.check(policy);

    assertThat(verdict.fails()).isFalse();
    assertThat(verdict.warnings(false).map(Stable::text).orElseThrow())
        .startsWith(
            """
            1 rule warning (the test does not fail):

            1. no-deadline: acme.Market/Quote (UNARY, blocking stub)
               found     : the stream was started without a deadline
            """)
        .contains("to fix    : var limited = <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS);")
        .endsWith(end("acme.Market/Quote", "no-deadline"));
  }

  @Test
  void streamWithADeadlinePassesTest() throws Exception {
    CallOptions hour = CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS);
    client.raw(MarketGrpc.QUOTE, hour, 2).send("1").halfClose().closed.await();
    StreamLeakPolicy policy = StreamLeakPolicy.normal().strictness(Strictness.STRICT);

    assertThat(recorder.check(policy).breaches()).isEmpty();
  }

  // ---- together ----

  @Test
  void leakComesFirstAndTheBreachAfterItTest() {
    client.iterate("3").next();
    client.iterate("2").next();
    StreamLeakError error = recorder.check(STRICT).error().orElseThrow();

    assertThat(error.getMessage())
        .startsWith("1 gRPC client stream leaked, ")
        .contains("\"the reason\"))\n\n1 breach of the rules for gRPC client streams:\n\n1. ");
    assertThat(error.leaks()).hasSize(1);
    assertThat(error.breaches()).hasSize(1);
    assertThat(error.getStackTrace()[1])
        .isEqualTo(error.leaks().get(0).stream().callingLine().orElseThrow());
    assertThat(error.getSuppressed())
        .singleElement()
        .extracting(other -> other.getStackTrace()[1])
        .isEqualTo(error.breaches().get(0).callingLine().orElseThrow());
  }

  @Test
  void warningFailsNothingTest() {
    client.iterate("2").next();
    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal());

    verdict.throwIfLeaked();
    assertThat(verdict.fails()).isFalse();
    assertThat(verdict.error()).isEmpty();
    assertThat(verdict.warnings(false))
        .get()
        .asString()
        .contains("1 rule warning (the test does not fail):\n");
    assertThat(verdict.describe())
        .startsWith("1 gRPC client stream recorded, none leaked\n\n1 rule warning (");
  }

  @Test
  void equalBreachesAreOneItemTest() {
    for (int i = 0; i < 3; i++) {
      client.iterate("2").next();
    }

    assertThat(text())
        .startsWith("3 breaches of the rules for gRPC client streams:\n\n1. terminal-not-read: ")
        .contains("(SERVER_STREAMING, blocking iterator), 3 times\n")
        .doesNotContain("\n2. ");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "acme.Market/*, -, -, true",
        "acme.Market/*, terminal-not-read, -, true",
        "acme.Market/*, TERMINAL_NOT_READ, acme.market.MarketClient, true",
        "acme.Market/*, -, acme.market.MarketClient.iterate, true",
        "acme.Market/*, -, acme.*, true",
        "acme.Market/*, NOT_DRAINED, -, false",
        "acme.Market/*, protocol, -, false",
        "acme.Market/*, -, acme.market.MarketClient.watch, false",
        "acme.Market/Quote, -, -, false",
      })
  void allowanceExcusesABreachTest(
      String method, @Nullable String cause, @Nullable String opener, boolean excused) {
    client.iterate("2").next();
    StreamAllowance allowance = allowance(method, cause, opener);
    StreamVerdict verdict = recorder.check(STRICT.allow(allowance));

    assertThat(verdict.fails()).isEqualTo(!excused);
    assertThat(verdict.breaches()).hasSize(1);
    assertThat(verdict.breaches().get(0).allowance().isPresent()).isEqualTo(excused);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "NOT_DRAINED, -, true",
        "leaked-stream, acme.market.MarketClient, true",
        "NOT_HALF_CLOSED, -, false",
        "terminal-not-read, -, false",
        "NOT_DRAINED, acme.market.Other, false",
      })
  void allowanceOfACauseExcusesALeakTest(String cause, @Nullable String opener, boolean excused) {
    client.iterate("3").next();
    StreamVerdict verdict =
        recorder.check(STRICT.allow(allowance("acme.Market/Watch", cause, opener)));

    assertThat(verdict.hasLeaks()).isEqualTo(!excused);
    assertThat(verdict.allowed()).hasSize(excused ? 1 : 0);
  }

  @Test
  void allowanceThatCanExcuseNothingIsRefusedTest() {
    StreamAllowance allowance = StreamAllowance.of("a.B/C", "old");

    assertThatThrownBy(() -> allowance.onlyFor("not-read"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "\"not-read\" is neither a cause nor a rule; the valid names are NOT_DRAINED,"
                + " NOT_HALF_CLOSED, SERVER_NOT_FINISHED, STILL_SUBSCRIBED, CALLBACK_NOT_RETURNED,"
                + " NOT_PICKED, WAITING_FOR_TRANSPORT, WAITING_TO_RETRY, ATTEMPT_NOT_CLOSED,"
                + " LEAKED_STREAM, TERMINAL_NOT_READ, ENDED_BY_SHUTDOWN, ENDED_BY_DEADLINE,"
                + " CANCEL_WITHOUT_DONE, LISTENER_THREW, PROTOCOL, NOT_STARTED,"
                + " CHANNEL_LEFT_OPEN, NO_DEADLINE");
    assertThatThrownBy(() -> allowance.openedBy("acme market"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "\"acme market\" is no class that could open a stream; write a class, or class and"
                + " method, with * for any number of characters, such as \"com.acme.health.*\"");
    assertThat(allowance.onlyFor("protocol").openedBy("acme.*"))
        .hasToString("a.B/C PROTOCOL acme.* (old)")
        .isNotEqualTo(allowance)
        .isNotEqualTo(allowance.onlyFor("protocol"))
        .isEqualTo(allowance.openedBy("acme.*").onlyFor("PROTOCOL"));
  }

  private static String failure(StreamVerdict verdict) {
    return Stable.text(String.valueOf(verdict.error().orElseThrow().getMessage()));
  }

  private void watchWith(String request, Received responses) {
    MarketGrpc.newStub(channel).watch(request, responses);
  }

  private static StreamAllowance allowance(
      String method, @Nullable String cause, @Nullable String opener) {
    StreamAllowance allowance = StreamAllowance.of(method, "known");
    if (cause != null) {
      allowance = allowance.onlyFor(cause);
    }
    return opener == null ? allowance : allowance.openedBy(opener);
  }

  private String text() {
    return failure(recorder.check(STRICT));
  }

  private List<StreamRule> rules() {
    return recorder.check(STRICT).breaches().stream().map(RuleBreach::rule).toList();
  }

  private void assertPasses() {
    StreamVerdict verdict = recorder.check(STRICT);
    assertThat(verdict.fails()).as(verdict.describe()).isFalse();
    assertThat(verdict.breaches()).isEmpty();
  }

  private static String end(String subject, String rule) {
    return ALLOW.replace("%s", subject) + SWITCH.replace("%s", rule);
  }

  /** Takes calls and answers nothing. */
  private static final class Mute extends Channel {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> newCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options) {
      return new SilentCall<>();
    }

    @Override
    public String authority() {
      return "mute";
    }
  }

  private static final class SwallowsCancel implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        private boolean swallowed;

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {
          // The second one is the recorder's own, after the check.
          if (swallowed) {
            super.cancel(message, cause);
          }
          swallowed = true;
        }
      };
    }
  }

  private static final class RefusesMessages implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void sendMessage(ReqT message) {
          throw new IllegalStateException("quota used up");
        }
      };
    }
  }

  /** Delivers the status twice, and a message after that. */
  private static final class Stutters implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                private @Nullable RespT last;

                @Override
                public void onMessage(RespT message) {
                  last = message;
                  super.onMessage(message);
                }

                @Override
                public void onClose(Status status, Metadata trailers) {
                  super.onClose(status, trailers);
                  super.onClose(status, trailers);
                  if (last != null) {
                    super.onMessage(last);
                  }
                }
              },
              headers);
        }
      };
    }
  }
}

package io.github.streamleak.conformance.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a user of a library of reactive streams is told. The twins do what the texts say, in the
 * very code that they name, which is in the class that extends this.
 */
abstract class ReactiveTextTest {

  private final Map<String, String> words;

  /** Makes the tests of a library that has these words of its own. */
  ReactiveTextTest(Map<String, String> words) {
    this.words = words;
  }

  /** Returns calls through a stub on {@code channel}. */
  abstract Calls calls(Channel channel);

  /** What a client does. What it returns ends it, in the code that the texts name. */
  interface Calls {

    /** Subscribes to a call whose server streams. */
    Runnable watch(String command);

    /** Subscribes to a call whose server sends five, and asks for one at a time or for none. */
    Runnable watchSlowly(boolean asks);

    /** Takes one of five. */
    void takeOne();

    /** Subscribes to a unary call. */
    Runnable quote(String command);

    /** Subscribes to a call with one request and no end of the requests. */
    Upload upload();

    /** Returns calls with the deadline that the texts name. */
    Calls withDeadline();

    /** Returns calls whose deadline has passed. */
    Calls withDeadlinePassed();
  }

  /**
   * A call that goes on.
   *
   * @param complete ends the requests
   * @param dispose ends the call
   */
  record Upload(Runnable complete, Runnable dispose) {}

  @TestFactory
  Stream<DynamicTest> whatDoesWhatTheTextsSayPassesTest() {
    return Stream.of(
        twin("subscriber asks at the start and after each", calls -> calls.watchSlowly(true)),
        twin("take", Calls::takeOne),
        twin("subscriber is disposed", calls -> calls.watchSlowly(false).run()),
        twin("requests end", calls -> calls.upload().complete().run()),
        twin("upload is disposed", calls -> calls.upload().dispose().run()),
        twin("server finishes", calls -> calls.watch("2")),
        twin("subscription has a deadline", calls -> calls.withDeadlinePassed().watch("2+")),
        twin("subscription is disposed", calls -> calls.watch("2+").run()),
        twin("unary is answered within its deadline", calls -> calls.withDeadline().quote("1")),
        twin("unary has a deadline", calls -> calls.withDeadlinePassed().quote("0+")));
  }

  private DynamicTest twin(String name, Consumer<Calls> mended) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          try (Told told = new Told(Path.of("src/test/java"), getClass())) {
            mended.accept(calls(told.channel));
            assertThat(told.textOfATwin()).isEqualTo(Told.PASSES);
          }
        });
  }

  private void assertTold(Consumer<Calls> leak, String text) {
    String expected =
        text.replace("{test}", getClass().getName())
            .replace("{file}", getClass().getSimpleName() + ".java");
    for (Map.Entry<String, String> word : words.entrySet()) {
      expected = expected.replace("{" + word.getKey() + "}", word.getValue());
    }
    try (Told told = new Told(Path.of("src/test/java"), getClass())) {
      leak.accept(calls(told.channel));
      assertThat(told.text()).isEqualTo(expected);
    }
  }

  @Test
  void subscriberThatNeverAsksIsNotDrainedTest() {
    assertTold(
        calls -> calls.watchSlowly(false),
        """
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Watch (SERVER_STREAMING, {library} stub)
           opened at : {test}$Stub.watchSlowly({file}:LINE)
           called by : io.github.streamleak.conformance.reactive.ReactiveTextTest.subscriberThatNeverAsksIsNotDrainedTest(ReactiveTextTest.java:LINE)
           attempt   : 1, picked market
           state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
           events    : +T  started
                       +T  picked market
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
                       +T  inbound message #0
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : request(1);  // {where}
                       <your responses>.take(1)  // or as a step of the chain: cancels after the first
                       <your subscriber>.dispose();  // or in finally: stops

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Watch", "the reason"))""");
  }

  @Test
  void requestsThatNeverEndAreNotHalfClosedTest() {
    assertTold(
        Calls::upload,
        """
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Upload (CLIENT_STREAMING, {library} stub)
           opened at : {test}$Stub.upload({file}:LINE)
           called by : io.github.streamleak.conformance.reactive.ReactiveTextTest.requestsThatNeverEndAreNotHalfClosedTest(ReactiveTextTest.java:LINE)
           attempt   : 1, picked market
           state     : not half-closed, 1 outbound message, 0 inbound messages of 514 requested, no terminal status
           events    : +T  started
                       +T  picked market
                       +T  outbound message #0
                       +T  headers
                       +T  requested 2
                       +T  requested 512
           cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
           owed by   : the client: half-close and read to the terminal status, or cancel
           to fix    : {complete};  // when all is sent: the requests complete
                       <your disposable>.dispose();  // or in finally: stops

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Upload", "the reason"))""");
  }

  @Test
  void subscriptionLeftIsOwedByTheServerTest() {
    assertTold(
        calls -> calls.watch("2+"),
        """
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Watch (SERVER_STREAMING, {library} stub)
           opened at : {test}$Stub.watch({file}:LINE)
           called by : io.github.streamleak.conformance.reactive.ReactiveTextTest.subscriptionLeftIsOwedByTheServerTest(ReactiveTextTest.java:LINE)
           attempt   : 1, picked market
           state     : half-closed, 1 outbound message, 2 inbound messages of 513 requested, no terminal status
           events    : ...
                       +T  picked market
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
                       +T  inbound message #0
                       +T  requested 512
                       +T  inbound message #1
           cause     : STILL_SUBSCRIBED: the client has half-closed and asks for more, and neither end has closed
           owed by   : the server, or the client that no longer wants it: the client cancels when it closes, or the handler closes on every path
           to fix    : <your disposable>.dispose();  // where the client closes: stops
                       // or in the handler of acme.market.Market/Watch, on every path: the {many} completes, or onCompleted() is called

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Watch", "the reason"))""");
  }

  @Test
  void unaryIsToldThatDisposeDoesNotReachItTest() {
    assertTold(
        calls -> calls.quote("0+").run(),
        """
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Quote (UNARY, {library} stub)
           opened at : {test}$Stub.quote({file}:LINE)
           called by : io.github.streamleak.conformance.reactive.ReactiveTextTest.unaryIsToldThatDisposeDoesNotReachItTest(ReactiveTextTest.java:LINE)
           attempt   : 1, picked market
           state     : half-closed, 1 outbound message, 0 inbound messages of 2 requested, no terminal status
           events    : +T  started
                       +T  picked market
                       +T  requested 2
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
           cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline
           to fix    : // in the handler of acme.market.Market/Quote, on every path: the {one} completes, or onCompleted() is called
                       <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS)  // or as a step of the chain: ends the wait; dispose() and timeout() do not reach a unary call

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Quote", "the reason"))""");
  }
}

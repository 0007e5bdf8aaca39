package io.github.streamleak.conformance.reactive;

import static io.github.streamleak.conformance.reactive.Expected.allReleased;
import static io.github.streamleak.conformance.reactive.Expected.cancelledOrTerminal;
import static io.github.streamleak.conformance.reactive.Expected.leaked;
import static io.github.streamleak.conformance.reactive.Expected.noStream;
import static io.github.streamleak.conformance.reactive.Expected.released;
import static io.github.streamleak.conformance.reactive.Market.Operator.AUTO_CONNECT;
import static io.github.streamleak.conformance.reactive.Market.Operator.CACHE;
import static io.github.streamleak.conformance.reactive.Market.Operator.MAP_THAT_THROWS;
import static io.github.streamleak.conformance.reactive.Market.Operator.OBSERVE_ON;
import static io.github.streamleak.conformance.reactive.Market.Operator.REF_COUNT;
import static io.github.streamleak.conformance.reactive.Market.Operator.RESUME;
import static io.github.streamleak.conformance.reactive.Market.Operator.RETRY_ONCE;
import static io.github.streamleak.conformance.reactive.Market.Operator.SHARE;
import static io.github.streamleak.conformance.reactive.Market.Operator.SUBSCRIBE_ON;
import static io.github.streamleak.conformance.reactive.Market.Operator.TAKE_1;
import static io.github.streamleak.conformance.reactive.Market.Operator.TAKE_5;
import static io.github.streamleak.conformance.reactive.Market.Operator.TAKE_WHILE;
import static io.github.streamleak.conformance.reactive.Market.Requests.ending;
import static io.github.streamleak.conformance.reactive.Market.Requests.endless;
import static io.github.streamleak.conformance.reactive.Market.Requests.failing;
import static io.github.streamleak.stream.LeakCause.NOT_DRAINED;
import static io.github.streamleak.stream.LeakCause.NOT_HALF_CLOSED;
import static io.github.streamleak.stream.LeakCause.NOT_PICKED;
import static io.github.streamleak.stream.LeakCause.SERVER_NOT_FINISHED;
import static io.github.streamleak.stream.LeakCause.STILL_SUBSCRIBED;
import static io.github.streamleak.stream.StreamRelease.CANCELLED;
import static io.github.streamleak.stream.StreamRelease.DEADLINE;
import static io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.market.Price;
import io.github.streamleak.conformance.reactive.Market.Answer;
import io.github.streamleak.conformance.reactive.Market.Asking;
import io.github.streamleak.conformance.reactive.Market.Left;
import io.github.streamleak.conformance.reactive.Market.Prices;
import io.github.streamleak.conformance.reactive.Market.Timed;
import io.github.streamleak.stream.LeakCause;
import io.github.streamleak.stream.StreamRelease;
import io.github.streamleak.stream.StubKind;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The one table for the libraries of reactive streams: every ending of a call through a stub of
 * reactor-grpc or rx3grpc. A grid that extends this adapts its library to {@link Market}, says what
 * the library calls its operators, and adds the rows that only its library has.
 *
 * @param <M> the stub
 */
abstract class ReactiveGrid<M extends Market> extends Grid<M> {

  /** A function of the client's that throws. */
  static final UnaryOperator<Price> REFUSE =
      price -> {
        throw new IllegalStateException("no more");
      };

  private static final String NO_CANCEL = "the library hands no cancel on from a unary call";

  private final Words words;

  ReactiveGrid(StubKind kind, String text, Words words) {
    super(kind, text);
    this.words = words;
  }

  /**
   * What the library calls what the table has in common.
   *
   * @param many its type of many prices
   * @param observeOn the operator that hands prices on to another thread
   * @param first the method that blocks until the first price
   * @param iterable the method that gives an {@code Iterator}
   * @param stream the method that gives a {@code java.util.stream.Stream}
   * @param few how many messages {@link Market#fetchingFew} fetches
   */
  record Words(
      String many, String observeOn, String first, String iterable, String stream, String few) {}

  /** Returns the rows that only this library has; the table says where they stand. */
  abstract List<Cell<M>> own();

  /** Marks a row whose stub fetches only a few messages, if the library cannot do so everywhere. */
  abstract Cell<M> few(Cell<M> cell);

  @Override
  protected List<Group<M>> groups() {
    return List.of(
        new Group<>("One answer", MethodType.UNARY, unary()),
        new Group<>("Collected", MethodType.SERVER_STREAMING, collected()),
        new Group<>("Stopped early", MethodType.SERVER_STREAMING, stoppedEarly()),
        new Group<>("Left behind", MethodType.SERVER_STREAMING, leftBehind()),
        new Group<>("Asked for less than is sent", MethodType.SERVER_STREAMING, slow()),
        new Group<>("Server fails or says nothing", MethodType.SERVER_STREAMING, failed()),
        new Group<>("Uploads", MethodType.CLIENT_STREAMING, uploads()),
        new Group<>("Both directions", MethodType.BIDI_STREAMING, bidi()),
        new Group<>("No server", MethodType.SERVER_STREAMING, noServer()));
  }

  /** Leaves out the rows that are not of this library. */
  @SafeVarargs
  private static <M> List<Cell<M>> rows(Cell<M>... rows) {
    List<Cell<M>> present = new ArrayList<>();
    for (Cell<M> row : rows) {
      if (row != null) {
        present.add(row);
      }
    }
    return present;
  }

  /** Returns the row of that name that only this library has, or null if another one has it. */
  private Cell<M> own(String name) {
    return own().stream().filter(cell -> cell.name().equals(name)).findFirst().orElse(null);
  }

  /**
   * Returns a row that stands elsewhere for the other library, or null if it is that one's turn.
   */
  private Cell<M> only(StubKind of, Cell<M> row) {
    return kind() == of ? row : null;
  }

  // ---- the table ----

  private List<Cell<M>> unary() {
    return List.of(
        gives("answered", TERMINAL_STATUS, m -> m.quote("1").last()),
        left("never answered, left", SERVER_NOT_FINISHED, m -> m.quote("0+"), Run::awaitHalfClosed),
        cell(
                "never answered, disposed",
                leaked(SERVER_NOT_FINISHED),
                (m, run) -> {
                  Left quote = m.quote("0+").leave(run);
                  run.awaitHalfClosed();
                  quote.dispose().run();
                })
            .note(NO_CANCEL),
        cell(
                "never answered, timeout",
                leaked(SERVER_NOT_FINISHED),
                (m, run) -> {
                  Timed quote = m.quote("0+").timeout();
                  quote.answer().leave(run);
                  run.awaitHalfClosed();
                  quote.clock().run();
                })
            .note(NO_CANCEL),
        contextCancelled(
            "never answered, Context cancelled",
            (m, run) -> m.quote("0+").leave(run),
            Run::awaitHalfClosed),
        deadline("never answered, deadline", m -> m.quote("0+")),
        fails("handler throws", Code.UNKNOWN, m -> m.quote("0throw")),
        fails("server error", Code.INTERNAL, m -> m.quote("0!INTERNAL")),
        assembled("never subscribed", m -> m.quote("1")));
  }

  private List<Cell<M>> collected() {
    return rows(
        collects("collected to the end, 5 of 5", TERMINAL_STATUS, 5, m -> m.watch("5")),
        collects("collected to the end, none", TERMINAL_STATUS, 0, m -> m.watch("0")),
        collects(
                "collected to the end, more than is fetched ahead",
                TERMINAL_STATUS,
                1500,
                m -> m.watch("1500"))
            .notOnADirectExecutor(),
        collects(
            "collected through " + words.observeOn(),
            TERMINAL_STATUS,
            5,
            m -> m.watch("5").through(OBSERVE_ON)),
        collects(
                "collected through subscribeOn",
                TERMINAL_STATUS,
                5,
                m -> m.watch("5").through(SUBSCRIBE_ON))
            .startedOnAnotherStack(),
        own("StepVerifier to the end"),
        gives(words.many() + ".using to the end", TERMINAL_STATUS, m -> m.using("5").last()),
        assembled("never subscribed", m -> m.watch("5").through(TAKE_1)));
  }

  private List<Cell<M>> stoppedEarly() {
    Cell<M> exceptionInMap = mapThrows("exception in map", m -> m.watch("5+"));
    return rows(
        // The stub fetches 512 ahead, so the terminal status may be there before the cancel.
        cell(
            words.first() + " of 5, server finished",
            cancelledOrTerminal(),
            (m, run) -> assertThat(m.watch("5").first()).isNotNull()),
        gives(words.first() + " of 5, server open", CANCELLED, m -> m.watch("5+").first()),
        own("firstOrError of 5, server finished"),
        own("firstOrError of 5, server open"),
        own("firstOrError of 600, server finished"),
        own("blockFirst of 600, server finished"),
        own("next() of 5, server open"),
        own("take(1) of 5, server finished"),
        collects("take(1) of 5, server open", CANCELLED, 1, m -> m.watch("5+").through(TAKE_1)),
        collects("take(5) of 5, server open", CANCELLED, 5, m -> m.watch("5+").through(TAKE_5)),
        collects("takeWhile, server open", CANCELLED, 2, m -> m.watch("5+").through(TAKE_WHILE)),
        collects(
            words.observeOn() + " and take(1), server open",
            CANCELLED,
            1,
            m -> m.watch("5+").through(OBSERVE_ON).through(TAKE_1)),
        own("zip with a shorter flux, server open"),
        cell(
            "timeout, server open",
            released(CANCELLED),
            (m, run) -> {
              Timed prices = m.watch("2+").timeout();
              Left left = prices.answer().leave(run);
              run.awaitReceived(2);
              run.goOnUntilReleased(prices.clock());
              assertThat(left.failure().get()).isInstanceOf(TimeoutException.class);
            }),
        own("block(Duration) runs out, server open"),
        contextCancelled(
            "Context cancelled in the middle, server open",
            (m, run) -> m.watch("2+").leave(run),
            run -> run.awaitReceived(2)),
        disposed(
            "disposed in the middle, server open", m -> m.watch("2+"), run -> run.awaitReceived(2)),
        only(StubKind.RX, exceptionInMap),
        cell(
            "exception in the subscriber",
            released(CANCELLED),
            (m, run) -> {
              Left left =
                  m.watch("5+")
                      .subscribe(
                          run,
                          price -> {
                            throw new IllegalStateException("no more");
                          });
              assertThat(left.failure().get()).hasMessage("no more");
            }),
        only(StubKind.REACTOR, exceptionInMap),
        own("StepVerifier cancels, server open"),
        own("TestSubscriber cancels, server open"),
        gives(
            words.many() + ".using and take(1), server open",
            CANCELLED,
            m -> m.using("5+").through(TAKE_1).last()),
        gives(
            "share() and take(1), server open",
            CANCELLED,
            m -> m.watch("5+").through(SHARE).through(TAKE_1).last()),
        own("switchMap to another, server open"));
  }

  private List<Cell<M>> leftBehind() {
    return List.of(
        left(
            "subscription left, server open",
            STILL_SUBSCRIBED,
            m -> m.watch("2+"),
            run -> run.awaitHalfClosedAndDemandAfter(2)),
        staysSubscribed(
            "cache(), one taken, server open", m -> m.watch("2+").through(CACHE).first()),
        gives(
            "cache(), one taken, server finished",
            TERMINAL_STATUS,
            m -> m.watch("2").through(CACHE).first()),
        staysSubscribed(
            "publish().autoConnect(), one taken, server open",
            m -> m.watch("2+").through(AUTO_CONNECT).first()),
        gives(
            "publish().refCount(), one taken, server open",
            CANCELLED,
            m -> m.watch("2+").through(REF_COUNT).first()),
        staysSubscribed(
            words.iterable() + ", one taken and left, server open",
            m -> m.watch("2+").iterator().next()),
        gives(
            words.stream() + ", one taken and closed, server open",
            CANCELLED,
            m -> {
              try (Stream<Price> prices = m.watch("2+").stream()) {
                return prices.iterator().next();
              }
            }));
  }

  /** Subscribers that ask for less than the server sends. */
  private List<Cell<M>> slow() {
    return rows(
        // The stub asks for 512 whatever its subscriber does: the stream ends behind its back.
        asks(
            "one requested of 5 and left, server finished",
            released(TERMINAL_STATUS),
            m -> m.watch("5"),
            run -> {}),
        asks(
            "one requested of 5 and left, server open",
            leaked(STILL_SUBSCRIBED),
            m -> m.watch("5+"),
            run -> run.awaitHalfClosedAndDemandAfter(5)),
        undrained("one requested of 600 and left, server finished", m -> m.watch("600"))
            .notOnADirectExecutor(),
        asksAnd(
                "one requested of 600 and cancelled, server finished",
                CANCELLED,
                m -> m.watch("600"),
                Asking::cancel)
            .notOnADirectExecutor(),
        own("one requested of 600, then all"),
        few(
            undrained(
                "one requested of 9 and left, " + words.few() + " fetched ahead",
                m -> m.fetchingFew().watch("9"))),
        own("one requested of 9, four fetched ahead, then all"),
        few(
            asks(
                "one requested of 9, " + words.few() + " fetched ahead, deadline",
                released(DEADLINE),
                m -> m.fetchingFew().withDeadline(300).watch("9"),
                run -> {})),
        cell(
            "none requested of 5 and left, server finished",
            leaked(NOT_DRAINED),
            (m, run) -> {
              m.watch("5").ask(0, run);
              run.awaitServerClosedAndDemandMet();
            }),
        contextCancelled(
            "none requested of 5, Context cancelled, server finished",
            (m, run) -> m.watch("5").ask(0, run),
            Run::awaitServerClosedAndDemandMet),
        cell(
            "none requested of 5 and cancelled, server finished",
            released(CANCELLED),
            (m, run) -> {
              Asking asking = m.watch("5").ask(0, run);
              run.awaitServerClosedAndDemandMet();
              asking.cancel();
            }),
        // These ask for all on behalf of their subscriber, who has asked for one.
        own("onBackpressureBuffer, one requested of 600 and left"),
        own("onBackpressureDrop, one requested of 600 and left"),
        own("toFlowable(BUFFER), one requested of 9 and left"),
        own("toFlowable(DROP), one requested of 9 and left"),
        own("toFlowable(LATEST), one requested of 9 and left"),
        own("toFlowable(ERROR), one requested of 9 and left"),
        own("limitRate, subscriber leaves after one of 9"),
        own("rebatchRequests(1), one requested of 9 and left"));
  }

  private List<Cell<M>> failed() {
    return rows(
        fails("handler throws between messages", Code.UNKNOWN, m -> m.watch("2throw")),
        left(
            "server says nothing, left",
            STILL_SUBSCRIBED,
            m -> m.watch("silent"),
            run -> run.awaitHalfClosedAndDemandAfter(0)),
        disposed("server says nothing, disposed", m -> m.watch("silent"), Run::awaitHalfClosed),
        timedOut("server says nothing, timeout", m -> m.watch("silent"), Run::awaitHalfClosed),
        deadline("server says nothing, deadline", m -> m.watch("silent")),
        fails("server error before any message", Code.INTERNAL, m -> m.watch("0!INTERNAL")),
        fails("server error between messages", Code.UNAVAILABLE, m -> m.watch("2!UNAVAILABLE")),
        collects(
            "server error, resumed from",
            TERMINAL_STATUS,
            2,
            m -> m.watch("2!UNAVAILABLE").through(RESUME)),
        cell(
            "server error, retried once",
            allReleased(2, TERMINAL_STATUS),
            (m, run) ->
                assertFails(Code.UNAVAILABLE, m.watch("2!UNAVAILABLE").through(RETRY_ONCE))),
        own("repeated once"),
        deadline("deadline, server open", m -> m.watch("2+")),
        gives(
            "deadline that does not pass",
            TERMINAL_STATUS,
            m -> m.withDeadline(120_000).watch("2").last()));
  }

  private List<Cell<M>> uploads() {
    Cell<M> serverFailsEarly =
        fails(
            "server fails early",
            Code.RESOURCE_EXHAUSTED,
            m -> m.upload(endless("0!RESOURCE_EXHAUSTED")));
    return rows(
        fails("handler throws", Code.UNKNOWN, m -> m.upload(endless("0throw"))),
        only(StubKind.RX, serverFailsEarly),
        cell(
            "requests end",
            released(TERMINAL_STATUS),
            (m, run) ->
                assertThat(m.upload(ending("sum", "x")).last())
                    .returns("2 commands", Price::getText)),
        left(
            "requests never end, left",
            NOT_HALF_CLOSED,
            m -> m.upload(endless("sum")),
            Run::awaitCommand),
        disposed("requests never end, disposed", m -> m.upload(endless("sum")), Run::awaitCommand),
        timedOut("requests never end, timeout", m -> m.upload(endless("sum")), Run::awaitCommand),
        deadline("requests never end, deadline", m -> m.upload(endless("sum"))),
        requestsFail(m -> m.upload(failing("sum"))),
        gives("server closes early", TERMINAL_STATUS, m -> m.upload(endless("1")).last()),
        only(StubKind.REACTOR, serverFailsEarly),
        left(
            "never answered, left",
            SERVER_NOT_FINISHED,
            m -> m.upload(ending("0+")),
            Run::awaitHalfClosed),
        disposed("never answered, disposed", m -> m.upload(ending("0+")), Run::awaitHalfClosed),
        assembled("never subscribed", m -> m.upload(ending("sum"))));
  }

  private List<Cell<M>> bidi() {
    Wait echoed = run -> run.awaitDemandAfter(1);
    return rows(
        fails("handler throws", Code.UNKNOWN, m -> m.subscribe(endless("2throw"))),
        mapThrows("requests never end, exception in map", m -> m.subscribe(endless("5+"))),
        timedOut("requests never end, timeout", m -> m.subscribe(endless("echo")), echoed),
        deadline("requests never end, deadline", m -> m.subscribe(endless("echo"))),
        disposed(
            "half-closed, server open, disposed",
            m -> m.subscribe(ending("2+")),
            run -> run.awaitHalfClosedAndDemandAfter(2)),
        few(
            undrained(
                "requests never end, one requested of 9 and left, server finished",
                m -> m.fetchingFew().subscribe(endless("9")))),
        few(
            asksAnd(
                "requests never end, one requested of 9 and cancelled, server finished",
                CANCELLED,
                m -> m.fetchingFew().subscribe(endless("9")),
                Asking::cancel)),
        few(asks(
                "requests never end, one requested of 9 and left, server open",
                leaked(NOT_DRAINED),
                m -> m.fetchingFew().subscribe(endless("9+")),
                Run::awaitServerObeyedAndDemandMet))
            .overNetty(
                leaked(NOT_HALF_CLOSED),
                "over Netty nobody sees the messages that were not asked for, and the half-close is missing too"),
        few(
            asks(
                "requests end, one requested of 9 and left, server open",
                leaked(NOT_DRAINED),
                m -> m.fetchingFew().subscribe(ending("9+")),
                run -> {
                  run.awaitHalfClosed();
                  run.awaitServerObeyedAndDemandMet();
                })),
        collects("both ends end", TERMINAL_STATUS, 2, m -> m.subscribe(ending("echo", "x"))),
        left(
            "requests never end, left", NOT_HALF_CLOSED, m -> m.subscribe(endless("echo")), echoed),
        disposed("requests never end, disposed", m -> m.subscribe(endless("echo")), echoed),
        own("request sink completed"),
        gives(
            "requests never end, take(1)",
            CANCELLED,
            m -> m.subscribe(endless("echo")).through(TAKE_1).last()),
        requestsFail(m -> m.subscribe(failing("echo"))),
        left(
            "half-closed, server open, left",
            STILL_SUBSCRIBED,
            m -> m.subscribe(ending("2+")),
            run -> run.awaitHalfClosedAndDemandAfter(2)),
        own("half-closed, one requested of 600 and left"),
        own("never half-closed, one requested of 600 and left"),
        collects(
            "server closes early, requests never end",
            TERMINAL_STATUS,
            2,
            m -> m.subscribe(endless("2"))),
        fails(
            "server fails, requests never end",
            Code.UNAVAILABLE,
            m -> m.subscribe(endless("2!UNAVAILABLE"))),
        assembled("never subscribed", m -> m.subscribe(ending("echo"))));
  }

  /** Calls that wait for a server that does not come. */
  private List<Cell<M>> noServer() {
    Function<Market, Answer> waits = m -> m.withWaitForReady().watch("2");
    return Stream.of(
            left("waits for ready, left", NOT_PICKED, waits, Run::awaitStarted),
            disposed("waits for ready, disposed", waits, Run::awaitStarted),
            deadline("waits for ready, deadline", waits),
            fails("does not wait for ready", Code.UNAVAILABLE, m -> m.watch("2")))
        .map(Cell::withoutServer)
        .toList();
  }

  // ---- the kinds of rows ----

  /** What a program waits for, so that nothing but what its row is about can happen any more. */
  interface Wait {
    void in(Run run) throws Exception;
  }

  /** Does whatever the program says. */
  Cell<M> cell(String name, Expected expected, Cell.Program<M> program) {
    return new Cell<>(name, expected, program);
  }

  /** Blocks until there is a price. */
  Cell<M> gives(String name, StreamRelease release, Function<Market, Price> price) {
    return cell(name, released(release), (m, run) -> assertThat(price.apply(m)).isNotNull());
  }

  /** Blocks until all prices are there. */
  private Cell<M> collects(
      String name, StreamRelease release, int count, Function<Market, Prices> prices) {
    return cell(
        name, released(release), (m, run) -> assertThat(prices.apply(m).toList()).hasSize(count));
  }

  /** Blocks until the server has failed the call. */
  private Cell<M> fails(String name, Code code, Function<Market, Answer> call) {
    return cell(name, released(TERMINAL_STATUS), (m, run) -> assertFails(code, call.apply(m)));
  }

  /** Blocks until a short deadline has passed. */
  private Cell<M> deadline(String name, Function<Market, Answer> call) {
    return cell(
        name,
        released(DEADLINE),
        (m, run) -> assertFails(Code.DEADLINE_EXCEEDED, call.apply(m.withDeadline(50))));
  }

  private static void assertFails(Code code, Answer call) {
    assertThatThrownBy(call::last)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }

  /** Blocks until the client's requests have failed. */
  private Cell<M> requestsFail(Function<Market, Answer> call) {
    return cell(
        "requests fail",
        released(CANCELLED),
        (m, run) -> assertThatThrownBy(call.apply(m)::last).isInstanceOf(RuntimeException.class));
  }

  /** Blocks until a function of the client's has thrown. */
  private Cell<M> mapThrows(String name, Function<Market, Prices> prices) {
    return cell(
        name,
        released(CANCELLED),
        (m, run) ->
            assertThatThrownBy(prices.apply(m).through(MAP_THAT_THROWS)::last)
                .hasMessage("no more"));
  }

  /** Subscribes to all, and walks away. */
  private Cell<M> left(String name, LeakCause cause, Function<Market, Answer> call, Wait wait) {
    return cell(
        name,
        leaked(cause),
        (m, run) -> {
          call.apply(m).leave(run);
          wait.in(run);
        });
  }

  /** Takes one by means that stay subscribed, and walks away. */
  private Cell<M> staysSubscribed(String name, Function<Market, Price> one) {
    return cell(
        name,
        leaked(STILL_SUBSCRIBED),
        (m, run) -> {
          assertThat(one.apply(m)).isNotNull();
          run.awaitHalfClosedAndDemandAfter(2);
        });
  }

  /** Subscribes to all, and disposes of the subscription. */
  private Cell<M> disposed(String name, Function<Market, Answer> call, Wait wait) {
    return cell(
        name,
        released(CANCELLED),
        (m, run) -> {
          Left left = call.apply(m).leave(run);
          wait.in(run);
          left.dispose().run();
        });
  }

  /** Subscribes to all, until a time-out of the library's ends it. */
  private Cell<M> timedOut(String name, Function<Market, Answer> call, Wait wait) {
    return cell(
        name,
        released(CANCELLED),
        (m, run) -> {
          Timed timed = call.apply(m).timeout();
          timed.answer().leave(run);
          wait.in(run);
          run.goOnUntilReleased(timed.clock());
        });
  }

  /** Subscribes in a Context that is cancelled. */
  private Cell<M> contextCancelled(String name, BiConsumer<Market, Run> call, Wait wait) {
    return cell(
        name,
        released(CANCELLED),
        (m, run) -> {
          CancellableContext context = Context.current().withCancellation();
          context.run(() -> call.accept(m, run));
          wait.in(run);
          context.cancel(null);
        });
  }

  /** Subscribes, asks for one, and walks away. */
  Cell<M> asks(String name, Expected expected, Function<Market, Prices> prices, Wait wait) {
    return cell(
        name,
        expected,
        (m, run) -> {
          prices.apply(m).ask(1, run);
          wait.in(run);
        });
  }

  /** Subscribes, asks for one, and walks away from what the server has sent. */
  Cell<M> undrained(String name, Function<Market, Prices> prices) {
    return asks(name, leaked(NOT_DRAINED), prices, Run::awaitServerClosedAndDemandMet);
  }

  /** Subscribes, asks for one, and does more when the server has closed. */
  Cell<M> asksAnd(
      String name, StreamRelease release, Function<Market, Prices> prices, Consumer<Asking> more) {
    return cell(
        name,
        released(release),
        (m, run) -> {
          Asking asking = prices.apply(m).ask(1, run);
          run.awaitServerClosedAndDemandMet();
          more.accept(asking);
        });
  }

  /** Assembles a call, and never subscribes. */
  private Cell<M> assembled(String name, Function<Market, Answer> call) {
    return cell(name, noStream(), (m, run) -> assertThat(call.apply(m)).isNotNull());
  }
}

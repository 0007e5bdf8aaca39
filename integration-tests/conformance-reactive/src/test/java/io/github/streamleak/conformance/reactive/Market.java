package io.github.streamleak.conformance.reactive;

import acme.market.Command;
import acme.market.Price;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A stub of reactor-grpc or of rx3grpc, as far as the two libraries can do the same. The table of
 * {@link ReactiveGrid} is written against this; a grid adapts its library to it, and each method
 * stands for the one call that a user of that library writes.
 */
interface Market {

  /** Assembles a unary call. */
  Answer quote(String command);

  /** Assembles a call whose server streams. */
  Prices watch(String command);

  /** Assembles the same call, as a resource that the library opens for each subscriber. */
  Prices using(String command);

  /** Assembles a call whose client streams. */
  Answer upload(Requests requests);

  /** Assembles a call with streams both ways. */
  Prices subscribe(Requests requests);

  /** Returns a stub whose calls have {@code millis} milliseconds. */
  Market withDeadline(int millis);

  /** Returns a stub whose calls wait for a server. */
  Market withWaitForReady();

  /** Returns a stub that fetches only a few messages ahead, and not 512. */
  Market fetchingFew();

  /** What a call gives, assembled and not yet subscribed to: of a unary call one price. */
  interface Answer {

    /** Blocks until it completes, and returns the last price, or null if there is none. */
    Price last();

    /**
     * Subscribes and goes on. Takes no offence at what ends the stream once the cell is judged,
     * which is when the subscription is disposed of.
     */
    Left subscribe(Run run, Consumer<Price> each);

    /** Subscribes to all, and goes on. */
    default Left leave(Run run) {
      return subscribe(run, price -> {});
    }

    /** Limits the wait for each price to a second, by a clock that the cell sets. */
    Timed timeout();
  }

  /** Many prices. */
  interface Prices extends Answer {

    /** Puts an operator between the call and its subscriber. */
    Prices through(Operator operator);

    /** Blocks until the first price, and cancels. */
    Price first();

    /** Blocks until it completes. */
    List<Price> toList();

    /** Subscribes as the program reads. */
    Iterator<Price> iterator();

    /** Subscribes as the program reads, and cancels when the stream is closed. */
    Stream<Price> stream();

    /** Subscribes, asks for {@code count}, and for no more by itself. */
    Asking ask(int count, Run run);
  }

  /** What the libraries call by nearly the same names. */
  enum Operator {
    TAKE_1,
    TAKE_5,
    /** Two of five. */
    TAKE_WHILE,
    OBSERVE_ON,
    SUBSCRIBE_ON,
    /** A function of the user's that throws at the first price. */
    MAP_THAT_THROWS,
    RETRY_ONCE,
    /** Completes where the call fails. */
    RESUME,
    SHARE,
    CACHE,
    AUTO_CONNECT,
    REF_COUNT
  }

  /**
   * A subscription that the program has left.
   *
   * @param dispose ends it
   * @param failure what has ended it
   */
  record Left(Runnable dispose, CompletableFuture<Throwable> failure) {}

  /** A subscription with a demand of its own. */
  interface Asking {

    /** Cancels. */
    void cancel();

    /** Asks for all. */
    void askForAll();
  }

  /**
   * An answer under a time-out.
   *
   * @param answer the answer
   * @param clock lets the time-out pass
   */
  record Timed(Answer answer, Runnable clock) {}

  /**
   * What the client sends.
   *
   * @param commands the messages
   * @param then what comes after them
   */
  record Requests(List<Command> commands, End then) {

    /** What comes after the messages. */
    enum End {
      COMPLETES,
      NEVER_COMES,
      FAILS
    }

    /** Returns requests that complete. */
    static Requests ending(String... texts) {
      return new Requests(Arrays.stream(texts).map(MarketServer::command).toList(), End.COMPLETES);
    }

    /** Returns one message, and then nothing. */
    static Requests endless(String text) {
      return new Requests(List.of(MarketServer.command(text)), End.NEVER_COMES);
    }

    /** Returns one message, and then a failure of the client's own. */
    static Requests failing(String text) {
      return new Requests(List.of(MarketServer.command(text)), End.FAILS);
    }
  }
}

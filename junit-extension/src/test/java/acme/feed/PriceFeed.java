package acme.feed;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** A client as people write it: it keeps one session, and knows nothing of any check. */
public final class PriceFeed implements AutoCloseable {

  private final Channel channel;
  private @Nullable Session session;

  public PriceFeed(Channel channel) {
    this.channel = channel;
  }

  /** Returns a channel that a client would build for itself, over the loopback. */
  public static ManagedChannel connect() {
    return builder().build();
  }

  /** Returns the builder of such a channel. */
  public static ManagedChannelBuilder<?> builder() {
    return Loopback.WIRE.builder();
  }

  /** Asks in the session, which the first question opens, and waits for the answer. */
  public String ask(String question) {
    if (session == null) {
      session = new Session();
      session.requests = MarketGrpc.newStub(channel).subscribe(session);
      session.requests().onNext("echo");
      session.answer();
    }
    session.requests().onNext(question);
    return session.answer();
  }

  /** Takes the first price, and leaves the rest. */
  public String first() {
    return MarketGrpc.newBlockingStub(channel).watch("ACME").next();
  }

  public void all() {
    Iterator<String> prices = MarketGrpc.newBlockingStub(channel).watch("ACME");
    prices.forEachRemaining(price -> {});
  }

  /** Subscribes, and runs {@code next} on the thread of the callback when the server has ended. */
  public void allThen(Runnable next) {
    MarketGrpc.newStub(channel)
        .watch(
            "ACME",
            new Received() {
              @Override
              public void onCompleted() {
                next.run();
              }
            });
  }

  @Override
  public void close() {
    if (session != null) {
      session.requests().cancel("closed", null);
    }
  }

  private static final class Session implements ClientResponseObserver<String, String> {
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private @Nullable StreamObserver<String> requests;

    @Override
    public void beforeStart(ClientCallStreamObserver<String> requests) {}

    @Override
    public void onNext(String answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {}

    ClientCallStreamObserver<String> requests() {
      return (ClientCallStreamObserver<String>) Objects.requireNonNull(requests);
    }

    String answer() {
      try {
        return answers.take();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** One server for all, as long as the JVM runs. */
  private static final class Loopback {
    static final Wire WIRE = Wire.to(Transport.NETTY, new MarketServer());
  }
}

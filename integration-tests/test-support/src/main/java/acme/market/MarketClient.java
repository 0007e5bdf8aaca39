package acme.market;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.Uninterruptibles;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A user's class: each way in which people open a stream, one method each. */
public final class MarketClient {

  private final Channel channel;

  public MarketClient(Channel channel) {
    this.channel = channel;
  }

  public Iterator<String> iterate(String request) {
    return MarketGrpc.newBlockingStub(channel).watch(request);
  }

  public String blockingQuote(String request) {
    return MarketGrpc.newBlockingStub(channel).quote(request);
  }

  public BlockingClientCall<?, String> watchV2(String request) {
    return MarketGrpc.newBlockingV2Stub(channel).watch(request);
  }

  public BlockingClientCall<String, String> uploadV2() {
    return MarketGrpc.newBlockingV2Stub(channel).upload();
  }

  public BlockingClientCall<String, String> subscribeV2() {
    return MarketGrpc.newBlockingV2Stub(channel).subscribe();
  }

  public ListenableFuture<String> future(String request) {
    return MarketGrpc.newFutureStub(channel).quote(request);
  }

  public Received quoteAsync(String request) {
    Received responses = new Received();
    MarketGrpc.newStub(channel).quote(request, responses);
    return responses;
  }

  public Received watchAsync(String request) {
    Received responses = new Received();
    MarketGrpc.newStub(channel).watch(request, responses);
    return responses;
  }

  public StreamObserver<String> uploadAsync(Received responses) {
    return MarketGrpc.newStub(channel).upload(responses);
  }

  public StreamObserver<String> subscribeAsync(Received responses) {
    return MarketGrpc.newStub(channel).subscribe(responses);
  }

  /** Manual flow control: asks for {@code wanted} messages in all. */
  public Manual watchManually(String request, int wanted) {
    Manual responses = new Manual(wanted);
    MarketGrpc.newStub(channel).watch(request, responses);
    return responses;
  }

  /** Manual flow control on a bidi call. */
  public Manual subscribeManually(int wanted) {
    Manual responses = new Manual(wanted);
    StreamObserver<String> unused = MarketGrpc.newStub(channel).subscribe(responses);
    return responses;
  }

  public Raw raw(MethodDescriptor<String, String> method, int wanted) {
    return raw(method, CallOptions.DEFAULT, wanted);
  }

  public Raw raw(MethodDescriptor<String, String> method, CallOptions options, int wanted) {
    Raw raw = new Raw(channel.newCall(method, options));
    raw.call.start(raw, new Metadata());
    if (wanted > 0) {
      raw.call.request(wanted);
    }
    return raw;
  }

  /** Waits until {@code latch} is down. */
  public static void await(CountDownLatch latch) {
    Uninterruptibles.awaitUninterruptibly(latch);
  }

  /** Keeps what it receives. */
  public static class Received implements StreamObserver<String> {
    public final List<String> messages = Collections.synchronizedList(new ArrayList<>());
    public final CountDownLatch first = new CountDownLatch(1);
    public final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Throwable error;

    @Override
    public void onNext(String message) {
      messages.add(message);
      first.countDown();
    }

    @Override
    public void onError(Throwable t) {
      error = t;
      closed.countDown();
    }

    @Override
    public void onCompleted() {
      closed.countDown();
    }

    /** Waits for the terminal status, which has to be OK, and returns the last message. */
    public String last() {
      Uninterruptibles.awaitUninterruptibly(closed);
      if (error != null) {
        throw new AssertionError(error);
      }
      return messages.get(messages.size() - 1);
    }
  }

  /** Asks for each message by hand. */
  public static final class Manual extends Received
      implements ClientResponseObserver<String, String> {
    private final int wanted;
    private volatile @Nullable ClientCallStreamObserver<String> requests;

    Manual(int wanted) {
      this.wanted = wanted;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<String> requests) {
      this.requests = requests;
      requests.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(String message) {
      super.onNext(message);
      if (messages.size() < wanted) {
        requests().request(1);
      }
    }

    public ClientCallStreamObserver<String> requests() {
      return Objects.requireNonNull(requests);
    }
  }

  /** A ClientCall with its listener. */
  public static final class Raw extends ClientCall.Listener<String> {
    public final ClientCall<String, String> call;
    public final List<String> messages = Collections.synchronizedList(new ArrayList<>());
    public final CountDownLatch first = new CountDownLatch(1);
    public final CountDownLatch closed = new CountDownLatch(1);
    public volatile Status status = Status.UNKNOWN;

    public Raw(ClientCall<String, String> call) {
      this.call = call;
    }

    @Override
    public void onMessage(String message) {
      messages.add(message);
      first.countDown();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      this.status = status;
      closed.countDown();
    }

    public Raw send(String message) {
      call.sendMessage(message);
      return this;
    }

    public Raw halfClose() {
      call.halfClose();
      return this;
    }

    /** Waits for the terminal status. */
    public void awaitClosed() {
      Uninterruptibles.awaitUninterruptibly(closed);
    }
  }
}

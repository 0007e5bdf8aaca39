package acme.market;

import com.google.common.util.concurrent.ListenableFuture;
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
import java.util.concurrent.CountDownLatch;

/** A user's class: each way in which people open a stream, one method each. */
public final class MarketClient {

  private final Channel channel;

  public MarketClient(Channel channel) {
    this.channel = channel;
  }

  public Iterator<String> iterate(String request) {
    return new MarketGrpc.MarketBlockingStub(channel).watch(request);
  }

  public String blockingQuote(String request) {
    return new MarketGrpc.MarketBlockingStub(channel).quote(request);
  }

  public BlockingClientCall<?, String> watchV2(String request) {
    return new MarketGrpc.MarketBlockingV2Stub(channel).watch(request);
  }

  public BlockingClientCall<String, String> uploadV2() {
    return new MarketGrpc.MarketBlockingV2Stub(channel).upload();
  }

  public BlockingClientCall<String, String> subscribeV2() {
    return new MarketGrpc.MarketBlockingV2Stub(channel).subscribe();
  }

  public ListenableFuture<String> future(String request) {
    return new MarketGrpc.MarketFutureStub(channel).quote(request);
  }

  public Received quoteAsync(String request) {
    Received responses = new Received();
    new MarketGrpc.MarketStub(channel).quote(request, responses);
    return responses;
  }

  public Received watchAsync(String request) {
    Received responses = new Received();
    new MarketGrpc.MarketStub(channel).watch(request, responses);
    return responses;
  }

  public StreamObserver<String> uploadAsync(Received responses) {
    return new MarketGrpc.MarketStub(channel).upload(responses);
  }

  public StreamObserver<String> subscribeAsync(Received responses) {
    return new MarketGrpc.MarketStub(channel).subscribe(responses);
  }

  /** Manual flow control: asks for {@code wanted} messages in all. */
  public Manual watchManually(String request, int wanted) {
    Manual responses = new Manual(wanted);
    new MarketGrpc.MarketStub(channel).watch(request, responses);
    return responses;
  }

  /** Manual flow control on a bidi call. */
  public Manual subscribeManually(int wanted) {
    Manual responses = new Manual(wanted);
    StreamObserver<String> unused = new MarketGrpc.MarketStub(channel).subscribe(responses);
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

  /** Keeps what it receives. */
  public static class Received implements StreamObserver<String> {
    public final List<String> messages = Collections.synchronizedList(new ArrayList<>());
    public final CountDownLatch first = new CountDownLatch(1);
    public final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public void onNext(String message) {
      messages.add(message);
      first.countDown();
    }

    @Override
    public void onError(Throwable t) {
      closed.countDown();
    }

    @Override
    public void onCompleted() {
      closed.countDown();
    }
  }

  /** Asks for each message by hand. */
  public static final class Manual extends Received
      implements ClientResponseObserver<String, String> {
    private final int wanted;
    public volatile ClientCallStreamObserver<String> requests = new Unset();

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
        requests.request(1);
      }
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
  }

  private static final class Unset extends ClientCallStreamObserver<String> {
    @Override
    public void cancel(String message, Throwable cause) {}

    @Override
    public boolean isReady() {
      return false;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void onNext(String value) {}

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {}
  }
}

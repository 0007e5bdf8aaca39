package acme.leaky;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import io.github.streamleak.remedies.Scene;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

// @ with the imports

/** Calls that an interceptor answers by itself: right clients of every kind, and its one fault. */
final class Answered {

  // cell: iterator
  static void iterator(Scene scene) {
    MarketGrpc.newBlockingStub(scene.channel()).watch("1+").forEachRemaining(price -> {});
  }

  // cell: blockingV2
  static void blockingV2(Scene scene) throws Exception {
    var call = MarketGrpc.newBlockingV2Stub(scene.channel()).watch("1+");
    while (call.read() != null) {}
  }

  // cell: async
  static void async(Scene scene) {
    Received prices = new Received();
    MarketGrpc.newStub(scene.channel()).watch("1+", prices);
    scene.await(prices.closed);
  }

  // cell: future
  static void future(Scene scene) {
    var quote = MarketGrpc.newFutureStub(scene.channel()).quote("silent");
    scene.awaitDone(quote);
  }

  // cell: blocking
  static void blocking(Scene scene) {
    scene.print(MarketGrpc.newBlockingStub(scene.channel()).quote("silent"));
  }

  // cell: raw
  static void raw(Scene scene) {
    ClientCall<String, String> call =
        scene.channel().newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(6);
    call.sendMessage("1+");
    call.halfClose();
  }

  // end

  static ClientInterceptor interceptor() {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        ClientCall<Q, R> below = next.newCall(method, options); // @ <the call below> = below
        return new SimpleForwardingClientCall<>(below) {
          private Listener<R> application;

          @Override
          public void start(Listener<R> listener, Metadata headers) {
            application = listener;
            super.start(new Listener<>() {}, headers);
          }

          @SuppressWarnings("unchecked")
          private R fromTheCache() {
            return (R) "from the cache";
          }

          @Override
          public void halfClose() {
            super.halfClose();
            // @ in the interceptor, before it gives the status
            Runnable answer =
                () -> {
                  if (method.getType() == MethodDescriptor.MethodType.UNARY) {
                    application.onMessage(fromTheCache());
                  }
                  application.onClose(Status.OK, new Metadata());
                };
            if (options.getExecutor() == null) {
              answer.run();
            } else {
              options.getExecutor().execute(answer);
            }
          }
        };
      }
    };
  }
}

package acme.leaky;

import acme.market.MarketGrpc;
import io.github.streamleak.remedies.Scene;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;

// @ with the imports

/** Leaves a ClientCall. */
final class Raw {

  /** Asks for one message, and then for those that a remedy asks for. */
  private static class OneByOne extends ClientCall.Listener<String> {
    final ClientCall<String, String> call; // @ <your call> = call
    final CountDownLatch first = new CountDownLatch(1);

    OneByOne(ClientCall<String, String> call) {
      this.call = call;
    }

    @Override
    public void onMessage(String message) {
      first.countDown();
      // @ at the end of every onMessage
    }
  }

  // cell: notDrained
  static void notDrained(Scene scene) {
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    OneByOne prices = new OneByOne(watch);
    watch.start(prices, new Metadata());
    watch.request(1);
    watch.sendMessage("5");
    watch.halfClose();
    scene.await(prices.first);
    // @ in finally
  }

  // cell: notDrainedWithoutARequest
  static void notDrainedWithoutARequest(Scene scene) {
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    watch.start(new OneByOne(watch), new Metadata());
    watch.sendMessage("5");
    watch.halfClose();
    // @ at the end
    // @ in finally
  }

  // cell: notHalfClosed
  static void notHalfClosed(Scene scene) {
    ClientCall<String, String> upload =
        scene.channel().newCall(MarketGrpc.UPLOAD, CallOptions.DEFAULT);
    upload.start(new OneByOne(upload), new Metadata());
    upload.request(1);
    try {
      upload.sendMessage("sum");
      upload.sendMessage("a trade");
      // @ when all is sent
    } catch (IllegalStateException e) {
      // @ where sending fails
    } finally {
      // @ in finally
    }
  }

  // cell: notHalfClosedAfterAFailure
  static void notHalfClosedAfterAFailure(Scene scene) {
    ClientCall<String, String> upload =
        scene.channel().newCall(MarketGrpc.UPLOAD, CallOptions.DEFAULT);
    upload.start(new OneByOne(upload), new Metadata());
    upload.request(1);
    try {
      upload.sendMessage("sum");
      scene.fail();
      // @ when all is sent
    } catch (IllegalStateException e) {
      // @ where sending fails
    } finally {
      // @ in finally
    }
  }

  // cell: serverNotFinished
  static void serverNotFinished(Scene scene) {
    CallOptions options = CallOptions.DEFAULT; // @ <your call options> = options
    // @ before the call
    ClientCall<String, String> quote =
        scene.channel().newCall(MarketGrpc.QUOTE, /*@ limited @*/ options);
    quote.start(new OneByOne(quote), new Metadata());
    quote.request(2);
    quote.sendMessage("ACME");
    quote.halfClose();
    // @ in finally
  }

  // cell: stillSubscribed
  static void stillSubscribed(Scene scene) {
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    OneByOne prices = new OneByOne(watch);
    watch.start(prices, new Metadata());
    watch.request(5);
    watch.sendMessage("ACME");
    watch.halfClose();
    scene.await(prices.first);
    // @ where the client closes
  }

  // cell: callbackNotReturned
  static void callbackNotReturned(Scene scene) {
    // @ <your executor> = scene.executor()
    // @ <what waits> = scene.untilTheEnd()
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, CallOptions.DEFAULT);
    OneByOne prices =
        new OneByOne(watch) {
          @Override
          public void onMessage(String message) {
            super.onMessage(message);
            scene.untilTheEnd(); // @ in onMessage, in place of what waits
            call.request(1);
          }
        };
    watch.start(prices, new Metadata());
    watch.request(1);
    watch.sendMessage("5");
    watch.halfClose();
    scene.await(prices.first);
    // @ in finally
  }

  // cell: waitingForTransport
  static void waitingForTransport(Scene scene) {
    // @ <your call options> = options
    CallOptions options = CallOptions.DEFAULT.withCallCredentials(scene.neverApplied());
    // @ before the call
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, /*@ limited @*/ options);
    watch.start(new OneByOne(watch), new Metadata());
    watch.request(6);
    watch.sendMessage("5");
    watch.halfClose();
    // @ in finally
  }

  // cell: waitingToRetry
  static void waitingToRetry(Scene scene) {
    CallOptions options = CallOptions.DEFAULT; // @ <your call options> = options
    // @ before the call
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, /*@ limited @*/ options);
    watch.start(new OneByOne(watch), new Metadata());
    watch.request(6);
    watch.sendMessage("!UNAVAILABLE");
    watch.halfClose();
    // @ in finally
  }

  // cell: notPicked
  static void notPicked(Scene scene) {
    CallOptions options = CallOptions.DEFAULT; // @ <your call options> = options
    // @ before the call
    ClientCall<String, String> watch =
        scene.channel().newCall(MarketGrpc.WATCH, /*@ limited @*/ options);
    watch.start(new OneByOne(watch), new Metadata());
    watch.request(6);
    watch.sendMessage("5");
    watch.halfClose();
    // @ in finally
  }

  // end

  static void handle(String request, StreamObserver<String> answers) {
    // @ <your response observer> = answers
    answers.onNext("price 0");
    // @ in the handler of
  }
}

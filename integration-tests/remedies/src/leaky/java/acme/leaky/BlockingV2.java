package acme.leaky;

import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingV2Stub;
import io.github.streamleak.remedies.Scene;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.StreamObserver;

// @ with the imports

/** Leaves a call of a blocking v2 stub. */
final class BlockingV2 {

  // cell: notDrained
  static void notDrained(Scene scene) throws Exception {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<?, String> prices = stub.watch("5");
    try {
      prices.read();
      // @ at the end
    } finally {
      // @ in finally
    }
  }

  // cell: notDrainedBidi
  static void notDrainedBidi(Scene scene) throws Exception {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<String, String> prices = stub.subscribe();
    try {
      prices.write("5");
      prices.read();
      prices.halfClose();
      // @ at the end
    } finally {
      // @ in finally
    }
  }

  // cell: notHalfClosed
  static void notHalfClosed(Scene scene) throws Exception {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<String, String> upload = stub.upload();
    try {
      upload.write("sum");
      upload.write("a trade");
      // @ when all is sent
      // @ at the end
    } catch (IllegalStateException e) {
      // @ where sending fails
    } finally {
      // @ in finally
    }
  }

  // cell: notHalfClosedAfterAFailure
  static void notHalfClosedAfterAFailure(Scene scene) throws Exception {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<String, String> upload = stub.upload();
    try {
      upload.write("sum");
      scene.fail();
      // @ when all is sent
      // @ at the end
    } catch (IllegalStateException e) {
      // @ where sending fails
    } finally {
      // @ in finally
    }
  }

  // cell: notHalfClosedBidi
  static void notHalfClosedBidi(Scene scene) throws Exception {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<String, String> prices = stub.subscribe();
    try {
      prices.write("1each");
      prices.read();
      // @ when all is sent
      // @ at the end
    } catch (IllegalStateException e) {
      // @ where sending fails
    } finally {
      // @ in finally
    }
  }

  // cell: serverNotFinished
  static void serverNotFinished(Scene scene) {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    // @ before its thread begins
    scene.inBackground(
        () -> {
          // @ before the call
          String quote = stub.quote("ACME"); // @ in place of the call
          // @ after the call
        });
    // @ where the client closes
  }

  // cell: stillSubscribed
  static void stillSubscribed(Scene scene) throws Exception {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<?, String> prices = stub.watch("ACME");
    prices.read();
    // @ where the client closes
  }

  // cell: waitingForTransport
  static void waitingForTransport(Scene scene) {
    MarketBlockingV2Stub stub =
        MarketGrpc.newBlockingV2Stub(scene.channel()).withCallCredentials(scene.neverApplied());
    BlockingClientCall<?, String> prices = stub.watch("5"); // @ in place of the call
    // @ in finally
  }

  // cell: waitingToRetry
  static void waitingToRetry(Scene scene) {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<?, String> prices = stub.watch("!UNAVAILABLE"); // @ in place of the call
    scene.inBackground(prices::read);
    // @ in finally
  }

  // cell: notPicked
  static void notPicked(Scene scene) {
    MarketBlockingV2Stub stub = MarketGrpc.newBlockingV2Stub(scene.channel());
    BlockingClientCall<?, String> prices = stub.watch("5"); // @ in place of the call
    // @ in finally
  }

  // end

  static void handle(String request, StreamObserver<String> prices) {
    // @ <your response observer> = prices
    prices.onNext("price 0");
    // @ in the handler of
  }
}

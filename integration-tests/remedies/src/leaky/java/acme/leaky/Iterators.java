package acme.leaky;

import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import io.github.streamleak.remedies.Scene;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;

// @ with the imports

/** Leaves an iterator. */
final class Iterators {

  // cell: notDrained
  static void notDrained(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before the call
    try {
      Iterator<String> prices = stub.watch("5");
      prices.next();
      // @ at the end
    } finally {
      // @ in finally
    }
  }

  // cell: notDrainedThroughAHelper
  static void notDrainedThroughAHelper(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before the call
    try {
      Iterator<String> prices = open(stub, "5");
      prices.next();
      // @ at the end
    } finally {
      // @ in finally
    }
  }

  private static Iterator<String> open(MarketBlockingStub stub, String symbol) {
    return stub.watch(symbol);
  }

  // cell: notDrainedWithoutAName
  static void notDrainedWithoutAName(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before the call
    try {
      Iterable<String> prices = () -> stub.watch("5");
      Iterator<String> iterator = prices.iterator(); // @ <your iterator> = iterator
      iterator.next();
      // @ at the end
    } finally {
      // @ in finally
    }
  }

  // cell: stillSubscribed
  static void stillSubscribed(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before the call
    try {
      Iterator<String> prices = stub.watch("ACME");
      prices.next();
    } finally {
      // @ in finally
    }
  }

  // cell: waitingForTransport
  static void waitingForTransport(Scene scene) {
    MarketBlockingStub stub =
        MarketGrpc.newBlockingStub(scene.channel()).withCallCredentials(scene.neverApplied());
    // @ before the call
    try {
      Iterator<String> prices = stub.watch("5"); // @ in place of the call
    } finally {
      // @ in finally
    }
  }

  // cell: waitingToRetry
  static void waitingToRetry(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before the call
    try {
      Iterator<String> prices = stub.watch("!UNAVAILABLE"); // @ in place of the call
    } finally {
      // @ in finally
    }
  }

  // cell: notPicked
  static void notPicked(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before the call
    try {
      Iterator<String> prices = stub.watch("5"); // @ in place of the call
    } finally {
      // @ in finally
    }
  }

  // end

  static void handle(String request, StreamObserver<String> prices) {
    // @ <your response observer> = prices
    prices.onNext("price 0");
    // @ in the handler of
  }
}

package acme.leaky;

import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketFutureStub;
import com.google.common.util.concurrent.ListenableFuture;
import io.github.streamleak.remedies.Scene;
import io.grpc.stub.StreamObserver;

// @ with the imports

/** Drops a future. */
final class Futures {

  // cell: serverNotFinished
  static void serverNotFinished(Scene scene) {
    MarketFutureStub stub = MarketGrpc.newFutureStub(scene.channel());
    ListenableFuture<String> quote = stub.quote("ACME"); // @ in place of the call
    // @ in finally
  }

  // cell: waitingForTransport
  static void waitingForTransport(Scene scene) {
    MarketFutureStub stub =
        MarketGrpc.newFutureStub(scene.channel()).withCallCredentials(scene.neverApplied());
    ListenableFuture<String> quote = stub.quote("1"); // @ in place of the call
    // @ in finally
  }

  // cell: waitingToRetry
  static void waitingToRetry(Scene scene) {
    MarketFutureStub stub = MarketGrpc.newFutureStub(scene.channel());
    ListenableFuture<String> quote = stub.quote("!UNAVAILABLE"); // @ in place of the call
    // @ in finally
  }

  // cell: notPicked
  static void notPicked(Scene scene) {
    MarketFutureStub stub = MarketGrpc.newFutureStub(scene.channel());
    ListenableFuture<String> quote = stub.quote("1"); // @ in place of the call
    // @ in finally
  }

  // end

  static void handle(String request, StreamObserver<String> answers) {
    // @ <your response observer> = answers
    answers.onNext("price 0");
    // @ in the handler of
  }
}

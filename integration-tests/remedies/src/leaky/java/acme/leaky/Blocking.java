package acme.leaky;

import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketBlockingStub;
import io.github.streamleak.remedies.Scene;
import io.grpc.stub.StreamObserver;

// @ with the imports

/** Waits for an answer on a thread that nobody joins. */
final class Blocking {

  // cell: serverNotFinished
  static void serverNotFinished(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before its thread begins
    scene.inBackground(
        () -> {
          // @ before the call
          String quote = stub.quote("ACME"); // @ in place of the call
          // @ after the call
        });
    // @ where the client closes
  }

  // cell: waitingForTransport
  static void waitingForTransport(Scene scene) {
    MarketBlockingStub stub =
        MarketGrpc.newBlockingStub(scene.channel()).withCallCredentials(scene.neverApplied());
    // @ before its thread begins
    scene.inBackground(
        () -> {
          // @ before the call
          String quote = stub.quote("1"); // @ in place of the call
          // @ after the call
        });
    // @ where the client closes
  }

  // cell: waitingToRetry
  static void waitingToRetry(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before its thread begins
    scene.inBackground(
        () -> {
          // @ before the call
          String quote = stub.quote("!UNAVAILABLE"); // @ in place of the call
          // @ after the call
        });
    // @ where the client closes
  }

  // cell: notPicked
  static void notPicked(Scene scene) {
    MarketBlockingStub stub = MarketGrpc.newBlockingStub(scene.channel());
    // @ before its thread begins
    scene.inBackground(
        () -> {
          // @ before the call
          scene.print(stub.quote("1")); // @ in place of the call
          // @ after the call
        });
    // @ where the client closes
  }

  // end

  static void handle(String request, StreamObserver<String> answers) {
    // @ <your response observer> = answers
    answers.onNext("price 0");
    // @ in the handler of
  }
}

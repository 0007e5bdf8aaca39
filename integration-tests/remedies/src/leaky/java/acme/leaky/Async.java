package acme.leaky;

import acme.market.MarketClient.Received;
import acme.market.MarketGrpc;
import acme.market.MarketGrpc.MarketStub;
import io.github.streamleak.remedies.Scene;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;

// @ with the imports

/** Leaves a call of an async stub. */
final class Async {

  /** Asks for one message, and then for those that a remedy asks for. */
  private static final class OneByOne extends Received
      implements ClientResponseObserver<String, String> {
    private ClientCallStreamObserver<String> call; // @ <your ClientCallStreamObserver> = call

    @Override
    public void beforeStart(ClientCallStreamObserver<String> call) {
      this.call = call;
      call.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(String message) {
      super.onNext(message);
      // @ at the end of every onNext
    }
  }

  /** Keeps its call. */
  private static class Cancellable extends Received
      implements ClientResponseObserver<String, String> {
    ClientCallStreamObserver<String> call;

    @Override
    public void beforeStart(ClientCallStreamObserver<String> call) {
      this.call = call;
    }
  }

  // cell: notDrained
  static void notDrained(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    OneByOne prices = new OneByOne();
    stub.watch("5", prices);
    scene.await(prices.first);
    // @ <your ClientCallStreamObserver> = prices.call
    // @ in finally
  }

  // cell: notDrainedBidi
  static void notDrainedBidi(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    OneByOne prices = new OneByOne();
    StreamObserver<String> symbols = stub.subscribe(prices);
    symbols.onNext("5");
    symbols.onCompleted();
    scene.await(prices.first);
    // @ in finally
  }

  // cell: notHalfClosed
  static void notHalfClosed(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    StreamObserver<String> upload = stub.upload(new Received());
    try {
      upload.onNext("sum");
      upload.onNext("a trade");
      // @ when all is sent
    } catch (IllegalStateException e) {
      // @ where sending fails
    }
  }

  // cell: notHalfClosedAfterAFailure
  static void notHalfClosedAfterAFailure(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    StreamObserver<String> upload = stub.upload(new Received());
    try {
      upload.onNext("sum");
      scene.fail();
      // @ when all is sent
    } catch (IllegalStateException e) {
      // @ where sending fails
    }
  }

  // cell: notHalfClosedBidi
  static void notHalfClosedBidi(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    Received prices = new Received();
    StreamObserver<String> symbols = stub.subscribe(prices);
    try {
      symbols.onNext("1each");
      scene.await(prices.first);
      // @ when all is sent
    } catch (IllegalStateException e) {
      // @ where sending fails
    }
    // @ where the client closes
  }

  // cell: serverNotFinished
  static void serverNotFinished(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    Cancellable answer = new Cancellable();
    stub.quote("ACME", answer); // @ in place of the call
    // @ <your ClientCallStreamObserver> = answer.call
    // @ in finally
  }

  // cell: serverNotFinishedUpload
  static void serverNotFinishedUpload(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    StreamObserver<String> upload = stub.upload(new Received()); // @ in place of the call
    upload.onNext("a trade");
    upload.onCompleted();
    // @ in finally
  }

  // cell: stillSubscribed
  static void stillSubscribed(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    Cancellable prices = new Cancellable();
    stub.watch("ACME", prices);
    scene.await(prices.first);
    // @ <your ClientCallStreamObserver> = prices.call
    // @ where the client closes
  }

  // cell: stillSubscribedBidi
  static void stillSubscribedBidi(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    Received prices = new Received();
    StreamObserver<String> symbols = stub.subscribe(prices);
    symbols.onNext("ACME");
    symbols.onCompleted();
    scene.await(prices.first);
    // @ where the client closes
  }

  // cell: callbackNotReturned
  static void callbackNotReturned(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    // @ <your executor> = scene.executor()
    // @ <what waits> = scene.untilTheEnd()
    Cancellable prices =
        new Cancellable() {
          @Override
          public void onNext(String message) {
            super.onNext(message);
            scene.untilTheEnd(); // @ in onNext, in place of what waits
          }
        };
    stub.watch("5", prices);
    scene.await(prices.first);
    // @ <your ClientCallStreamObserver> = prices.call
    // @ in finally
  }

  // cell: waitingForTransport
  static void waitingForTransport(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel()).withCallCredentials(scene.neverApplied());
    Cancellable prices = new Cancellable();
    stub.watch("5", prices); // @ in place of the call
    // @ <your ClientCallStreamObserver> = prices.call
    // @ in finally
  }

  // cell: waitingToRetry
  static void waitingToRetry(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    Cancellable prices = new Cancellable();
    stub.watch("!UNAVAILABLE", prices); // @ in place of the call
    // @ <your ClientCallStreamObserver> = prices.call
    // @ in finally
  }

  // cell: notPicked
  static void notPicked(Scene scene) {
    MarketStub stub = MarketGrpc.newStub(scene.channel());
    Cancellable prices = new Cancellable();
    stub.watch("5", prices); // @ in place of the call
    // @ <your ClientCallStreamObserver> = prices.call
    // @ in finally
  }

  // end

  static void handle(String request, StreamObserver<String> answers) {
    // @ <your response observer> = answers
    answers.onNext("price 0");
    // @ in the handler of
  }
}

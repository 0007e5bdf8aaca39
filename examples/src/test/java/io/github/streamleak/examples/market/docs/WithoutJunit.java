package io.github.streamleak.examples.market.docs;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Requests;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;

/** Uses the recorder in a plain {@code main}. */
final class WithoutJunit {
  private WithoutJunit() {}

  public static void main(String[] args) throws Exception {
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name).addService(new MarketService()).build().start();
    try {
      System.out.println(firstPrice(InProcessChannelBuilder.forName(name)).describe());
    } finally {
      server.shutdown();
    }
  }

  static StreamVerdict firstPrice(ManagedChannelBuilder<?> builder) {
    // snippet:recorder
    GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
    ManagedChannel channel = recorder.attachTo(builder).build();

    Price first = MarketGrpc.newBlockingStub(channel).watch(Requests.watch("ACME")).next();
    System.out.println(first.getCents());

    StreamVerdict verdict = recorder.check(StreamLeakPolicy.normal()); // or .throwIfLeaked()
    recorder.releaseLeaked(); // cancels what is still open
    recorder.close();
    channel.shutdown();
    return verdict;
    // end:recorder
  }
}

package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.examples.market.Requests.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.junit.GrpcResources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

// snippet:resources
@GrpcStreamLeakCheck
class OwnServerTest {
  @Test
  void quotesOnAnExecutorOfItsOwn(GrpcResources resources) throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    resources.register(executor::shutdown); // registered first, closed last
    String name = InProcessServerBuilder.generateName();
    resources.start(
        InProcessServerBuilder.forName(name).executor(executor).addService(new MarketService()));
    ManagedChannel channel = resources.newChannel(InProcessChannelBuilder.forName(name));

    MarketGrpc.MarketBlockingStub stub = MarketGrpc.newBlockingStub(channel);
    assertThat(stub.quote(quote("ACME")).getSymbol()).isEqualTo("ACME");
  }
}

// end:resources

package io.grpc.examples.market;

import acme.market.MarketGrpc;
import io.grpc.Channel;
import java.util.Iterator;

/** People make their code from the examples of grpc-java, package and all. */
public final class ExampleClient {

  private ExampleClient() {}

  public static Iterator<String> watch(Channel channel) {
    return MarketGrpc.newBlockingStub(channel).watch("3");
  }
}

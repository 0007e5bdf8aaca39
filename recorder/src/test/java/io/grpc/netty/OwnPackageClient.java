package io.grpc.netty;

import acme.market.MarketGrpc;
import io.grpc.Channel;
import java.util.Iterator;

/** A class of the user's in a package of gRPC's, as those have who must reach its package. */
public final class OwnPackageClient {

  private OwnPackageClient() {}

  public static Iterator<String> watch(Channel channel) {
    return MarketGrpc.newBlockingStub(channel).watch("3");
  }
}

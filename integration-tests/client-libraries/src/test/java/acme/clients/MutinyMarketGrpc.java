package acme.clients;

import acme.market.MarketGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.AbstractStub;
import io.quarkus.grpc.MutinyStub;
import io.quarkus.grpc.stubs.ClientCalls;
import io.smallrye.mutiny.Multi;

/** What Quarkus would generate for the service behind {@link MarketGrpc}. */
final class MutinyMarketGrpc {

  private MutinyMarketGrpc() {}

  static MutinyMarketStub newMutinyStub(Channel channel) {
    return new MutinyMarketStub(channel, CallOptions.DEFAULT);
  }

  static final class MutinyMarketStub extends AbstractStub<MutinyMarketStub> implements MutinyStub {
    private MutinyMarketStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected MutinyMarketStub build(Channel channel, CallOptions options) {
      return new MutinyMarketStub(channel, options);
    }

    Multi<String> watch(String request) {
      return ClientCalls.oneToMany(request, MarketGrpc.newStub(getChannel())::watch);
    }
  }
}

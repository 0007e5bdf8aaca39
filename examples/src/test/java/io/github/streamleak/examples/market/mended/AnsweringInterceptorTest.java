package io.github.streamleak.examples.market.mended;

import static io.github.streamleak.examples.market.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.SubscribeRequest;
import io.github.streamleak.junit.GrpcResources;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Test;

/** Mended in the interceptor, which cancels the call that it answers itself. */
@GrpcStreamLeakCheck
class AnsweringInterceptorTest {
  @Test
  void refusesPricesWithoutTheHeaderOfTheMarket(GrpcResources resources) throws Exception {
    String name = resources.serverName();
    resources.start(InProcessServerBuilder.forName(name).addService(new MarketService()));
    ManagedChannel channel =
        resources.newChannel(
            InProcessChannelBuilder.forName(name).intercept(new RequiresMarketHeader()));
    Received<Price> prices = new Received<>();
    StreamObserver<SubscribeRequest> subscriptions = MarketGrpc.newStub(channel).subscribe(prices);
    subscriptions.onNext(subscribe("ACME"));

    assertThat(prices.terminalStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  /** Refuses what comes from a server that does not name its market. */
  private static final class RequiresMarketHeader implements ClientInterceptor {
    private static final Metadata.Key<String> MARKET =
        Metadata.Key.of("market", Metadata.ASCII_STRING_MARSHALLER);
    private static final Status NO_MARKET =
        Status.FAILED_PRECONDITION.withDescription("the server names no market");

    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          ClientCall<ReqT, RespT> call = delegate();
          call.start(new Guard<>(listener, call), headers);
        }
      };
    }

    private static final class Guard<RespT> extends SimpleForwardingClientCallListener<RespT> {
      private final ClientCall<?, RespT> call;
      private boolean refused;

      Guard(ClientCall.Listener<RespT> listener, ClientCall<?, RespT> call) {
        super(listener);
        this.call = call;
      }

      // snippet:body
      @Override
      public void onHeaders(Metadata headers) {
        refused = !headers.containsKey(MARKET);
        if (refused) {
          call.cancel("the server names no market", null);
          delegate().onClose(NO_MARKET, new Metadata());
        } else {
          delegate().onHeaders(headers);
        }
      }

      // end:body

      @Override
      public void onMessage(RespT message) {
        if (!refused) {
          delegate().onMessage(message);
        }
      }

      @Override
      public void onClose(Status status, Metadata trailers) {
        if (!refused) {
          delegate().onClose(status, trailers);
        }
      }
    }
  }
}

package io.github.streamleak.junit;

import io.github.streamleak.testsupport.Text;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;

/** What protoc would generate for a second service, news.News, with one unary method. */
public final class NewsGrpc {

  public static final String SERVICE_NAME = "news.News";

  static final MethodDescriptor<String, String> HEADLINE =
      Text.method(SERVICE_NAME, "Headline", MethodType.UNARY);

  private NewsGrpc() {}

  public static NewsBlockingStub newBlockingStub(Channel channel) {
    return AbstractBlockingStub.newStub(NewsBlockingStub::new, channel);
  }

  public static final class NewsBlockingStub extends AbstractBlockingStub<NewsBlockingStub> {
    private NewsBlockingStub(Channel channel, CallOptions callOptions) {
      super(channel, callOptions);
    }

    @Override
    protected NewsBlockingStub build(Channel channel, CallOptions callOptions) {
      return new NewsBlockingStub(channel, callOptions);
    }

    public String headline(String symbol) {
      return ClientCalls.blockingUnaryCall(getChannel(), HEADLINE, getCallOptions(), symbol);
    }
  }

  /** The server's side: a headline about every symbol. */
  static class News implements BindableService {
    @Override
    public ServerServiceDefinition bindService() {
      return NewsGrpc.bindService(this);
    }
  }

  /** Binds any implementation, as the generated class does. */
  public static ServerServiceDefinition bindService(News service) {
    return ServerServiceDefinition.builder(SERVICE_NAME)
        .addMethod(
            HEADLINE,
            ServerCalls.asyncUnaryCall(
                (symbol, headlines) -> {
                  headlines.onNext(symbol + " rises");
                  headlines.onCompleted();
                }))
        .build();
  }
}

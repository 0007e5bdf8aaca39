package acme.clients;

import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.AbstractBlockingStub;
import io.grpc.stub.ClientCalls;
import java.util.Iterator;

/**
 * A generated service as far as Armeria and Vert.x ask: they look for its descriptor, for the
 * factory of its stub, and for messages of protobuf.
 */
public final class FeedGrpc {

  static final MethodDescriptor<StringValue, StringValue> WATCH =
      MethodDescriptor.<StringValue, StringValue>newBuilder()
          .setType(MethodType.SERVER_STREAMING)
          .setFullMethodName("acme.Market/Watch")
          .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  private static final ServiceDescriptor SERVICE =
      ServiceDescriptor.newBuilder("acme.Market").addMethod(WATCH).build();

  private FeedGrpc() {}

  public static ServiceDescriptor getServiceDescriptor() {
    return SERVICE;
  }

  public static FeedBlockingStub newBlockingStub(Channel channel) {
    return new FeedBlockingStub(channel, CallOptions.DEFAULT);
  }

  public static final class FeedBlockingStub extends AbstractBlockingStub<FeedBlockingStub> {
    private FeedBlockingStub(Channel channel, CallOptions options) {
      super(channel, options);
    }

    @Override
    protected FeedBlockingStub build(Channel channel, CallOptions options) {
      return new FeedBlockingStub(channel, options);
    }

    public Iterator<StringValue> watch(String request) {
      return ClientCalls.blockingServerStreamingCall(
          getChannel(), WATCH, getCallOptions(), StringValue.of(request));
    }
  }
}

package acme.shop;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Streams five prices to whoever watches. */
final class Shop implements BindableService {

  static final MethodDescriptor<String, String> WATCH =
      MethodDescriptor.newBuilder(new Utf8(), new Utf8())
          .setFullMethodName("acme.Shop/Watch")
          .setType(MethodType.SERVER_STREAMING)
          .build();

  private static final int PRICES = 5;

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder("acme.Shop")
        .addMethod(
            WATCH,
            ServerCalls.asyncServerStreamingCall(
                (String item, io.grpc.stub.StreamObserver<String> prices) -> {
                  for (int i = 0; i < PRICES; i++) {
                    prices.onNext(item + " at " + i);
                  }
                  prices.onCompleted();
                }))
        .build();
  }

  static Server open() {
    try {
      return NettyServerBuilder.forAddress(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
          .addService(new Shop())
          .build()
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Utf8 implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

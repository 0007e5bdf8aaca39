package acme.runner;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The tests that {@link OtherRunner} runs. Each builds a channel by itself. */
final class OtherRunnerTests {

  private static final String SERVER = "counter";

  private static final MethodDescriptor<String, String> COUNT =
      MethodDescriptor.<String, String>newBuilder()
          .setType(MethodType.SERVER_STREAMING)
          .setFullMethodName("acme.Counter/Count")
          .setRequestMarshaller(new Empty())
          .setResponseMarshaller(new Empty())
          .build();

  /** Kept until the JVM ends: gRPC shuts a channel down that nobody holds. */
  private static final List<ManagedChannel> CHANNELS = new ArrayList<>();

  private OtherRunnerTests() {}

  static void startServer() throws Exception {
    InProcessServerBuilder.forName(SERVER)
        .addService(
            ServerServiceDefinition.builder("acme.Counter")
                .addMethod(COUNT, ServerCalls.asyncServerStreamingCall(OtherRunnerTests::count))
                .build())
        .build()
        .start();
  }

  private static void count(String request, StreamObserver<String> responses) {
    for (int i = 0; i < 3; i++) {
      responses.onNext("");
    }
    responses.onCompleted();
  }

  static void reads() {
    Iterator<String> counted = counted();
    while (counted.hasNext()) {
      counted.next();
    }
  }

  static void leaves() {
    counted().next();
  }

  static void startsNothing() {}

  private static Iterator<String> counted() {
    ManagedChannel channel = InProcessChannelBuilder.forName(SERVER).build();
    CHANNELS.add(channel);
    return ClientCalls.blockingServerStreamingCall(channel, COUNT, CallOptions.DEFAULT, "");
  }

  /** Messages do not matter, only how many there are. */
  private static final class Empty implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(new byte[0]);
    }

    @Override
    public String parse(InputStream stream) {
      return "";
    }
  }
}

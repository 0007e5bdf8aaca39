package io.github.streamleak.report;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A server, a channel and a recorder, in-process on direct executors and with a clock that stands
 * still. The server sends two messages and closes with the status it is asked for.
 */
final class Shop implements AutoCloseable {

  private final GrpcStreamRecorder recorder = GrpcStreamRecorder.builder().clock(() -> 0).build();
  private final Server server;
  private final ManagedChannel channel;
  private final String method;

  Shop() {
    this("acme.Shop/Watch");
  }

  Shop(String fullMethodName) {
    this.method = fullMethodName;
    // A fixed name would keep two tests from running at once; it is in no text that is pinned.
    String name = InProcessServerBuilder.generateName();
    ServerCallHandler<String, String> handler =
        (call, headers) -> {
          call.request(1);
          return new ServerCall.Listener<>() {
            @Override
            public void onMessage(String status) {
              call.sendHeaders(new Metadata());
              call.sendMessage("1");
              call.sendMessage("2");
              call.close(
                  status.isEmpty() ? Status.OK : Status.ABORTED.withDescription(status),
                  new Metadata());
            }
          };
        };
    try {
      server =
          InProcessServerBuilder.forName(name)
              .directExecutor()
              .addService(
                  ServerServiceDefinition.builder(
                          MethodDescriptor.extractFullServiceName(fullMethodName))
                      .addMethod(descriptor(), handler)
                      .build())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel =
        recorder
            .attachTo(
                InProcessChannelBuilder.forName(name).directExecutor().overrideAuthority("shop"))
            .build();
  }

  /** Reads one message of two and walks away: NOT_DRAINED. */
  RecordedStream leak() {
    open(1, "");
    return last();
  }

  /** Reads to the terminal status. */
  RecordedStream readToTheEnd(String status) {
    open(3, status);
    return last();
  }

  private void open(int wanted, String status) {
    ClientCall<String, String> call = channel.newCall(descriptor(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(wanted);
    call.sendMessage(status);
    call.halfClose();
  }

  private RecordedStream last() {
    List<RecordedStream> streams = recorder.streams();
    return streams.get(streams.size() - 1);
  }

  @Override
  public void close() {
    boolean unused = recorder.releaseLeaked();
    recorder.close();
    channel.shutdownNow();
    server.shutdownNow();
  }

  private MethodDescriptor<String, String> descriptor() {
    return MethodDescriptor.<String, String>newBuilder()
        .setFullMethodName(method)
        .setType(MethodType.SERVER_STREAMING)
        .setRequestMarshaller(new StringMarshaller())
        .setResponseMarshaller(new StringMarshaller())
        .build();
  }

  private static final class StringMarshaller implements Marshaller<String> {
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

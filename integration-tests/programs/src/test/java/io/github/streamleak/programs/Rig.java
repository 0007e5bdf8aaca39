package io.github.streamleak.programs;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.testsupport.Text;
import io.github.streamleak.testsupport.Transport;
import io.github.streamleak.testsupport.Wire;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A server and one channel to it, for all programs: each program has a recorder of its own, and the
 * handler that is set when its call is started. Callbacks run on the caller's thread, or on Netty's
 * event loops.
 */
final class Rig implements AutoCloseable {

  private static final String SERVICE = "programs.Life";

  private final Transport transport;
  private final Wire wire;
  private final ManagedChannel channel;
  private volatile @Nullable ServerCallHandler<String, String> handler;

  Rig(Transport transport) {
    this.transport = transport;
    // The picker hook wraps the policies of channels that are built after the first recorder.
    GrpcStreamRecorder.create().close();
    wire =
        Wire.to(
            transport,
            server ->
                server.directExecutor().addService(service()).addService(RoundTrip.service()));
    channel = wire.channel(ManagedChannelBuilder::directExecutor);
    // The connection is up before the first program: no pick is buffered.
    RoundTrip.make(channel);
  }

  private ServerServiceDefinition service() {
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(SERVICE);
    for (MethodType type : MethodType.values()) {
      service.addMethod(
          method(type),
          (call, headers) -> Objects.requireNonNull(handler).startCall(call, headers));
    }
    return service.build();
  }

  ManagedChannel channel() {
    return channel;
  }

  MethodDescriptor<String, String> method(MethodType type) {
    return Text.method(SERVICE, type.name(), type);
  }

  void serve(ServerCallHandler<String, String> handler) {
    this.handler = handler;
  }

  /** Returns when all that was done before on either side has had its effects on both. */
  void settle() {
    if (transport == Transport.NETTY) {
      RoundTrip.settle(channel);
    }
  }

  @Override
  public void close() {
    wire.close();
  }
}

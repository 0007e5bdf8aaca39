package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** The hook on the application's side: wraps each call of a channel once per recorder. */
final class RecordingInterceptor implements ClientInterceptor {

  private final GrpcStreamRecorder recorder;

  /** Null where the channel is somebody else's to close. */
  private final @Nullable BuiltChannel channel;

  RecordingInterceptor(GrpcStreamRecorder recorder, @Nullable BuiltChannel channel) {
    this.recorder = recorder;
    this.channel = channel;
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    return record(recorder, method, options, next, channel);
  }

  /**
   * Makes a call that {@code recorder} records, if it may.
   *
   * @param channel what the call is made on; null where that is somebody else's to close
   */
  static <ReqT, RespT> ClientCall<ReqT, RespT> record(
      GrpcStreamRecorder recorder,
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next,
      @Nullable BuiltChannel channel) {
    StreamLog log = recorder.newLog(method, options, next.authority(), RecordedSides.ALL, channel);
    if (log == null) {
      return next.newCall(method, channel == null ? options : channel.tell(options, next));
    }
    if (channel != null) {
      channel.isCalledOn(next);
    }
    ClientCall<ReqT, RespT> call = next.newCall(method, options.withStreamTracerFactory(log));
    log.created(recorder.capturesUnstarted() ? new Throwable() : null);
    return new RecordingCall<>(call, log);
  }
}

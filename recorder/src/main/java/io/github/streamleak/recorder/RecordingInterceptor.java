package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** The hook on the application's side: wraps each call of a channel once per recorder. */
final class RecordingInterceptor implements ClientInterceptor {

  private final Recording recording;

  /** Null where the channel is somebody else's to close. */
  private final @Nullable BuiltChannel channel;

  RecordingInterceptor(Recording recording, @Nullable BuiltChannel channel) {
    this.recording = recording;
    this.channel = channel;
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    return record(recording, method, options, next, channel);
  }

  /**
   * Makes a call that {@code recording} takes, if it may.
   *
   * @param channel what the call is made on; null where that is somebody else's to close
   */
  static <ReqT, RespT> ClientCall<ReqT, RespT> record(
      Recording recording,
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next,
      @Nullable BuiltChannel channel) {
    StreamLog log = recording.newLog(method, options, next.authority(), Coverage.WHOLE, channel);
    if (log == null) {
      return next.newCall(method, channel == null ? options : channel.tell(options, next));
    }
    if (channel != null) {
      channel.isCalledOn(next);
    }
    ClientCall<ReqT, RespT> call = next.newCall(method, options.withStreamTracerFactory(log));
    log.created(recording.makingStack());
    return new RecordingCall<>(call, log);
  }
}

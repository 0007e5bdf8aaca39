package io.github.streamleak.recorder;

import io.github.streamleak.recorder.Recording.Charge;
import io.github.streamleak.stream.Coverage;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The hook on the application's side: wraps each call of a channel, once for each recorder.
 *
 * <p>It makes the {@link StreamLog} of the call and puts it into the call options as a tracer
 * factory. That is how gRPC brings it to the attempts and to the picker, which see neither this
 * interceptor nor the call.
 */
final class RecordingInterceptor implements ClientInterceptor {

  private final Recording recording;

  /** The channel that the calls are made on; null if somebody else has to close it. */
  private final @Nullable BuiltChannel channel;

  RecordingInterceptor(Recording recording, @Nullable BuiltChannel channel) {
    this.recording = recording;
    this.channel = channel;
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    Recording.Tie tie = recording.tie();
    if (tie != null && tie.shared()) {
      // The channel serves several tests, so the owner of each call has to be asked for.
      Charge charge = Watches.ownerOfCall(channel == null ? tie.owner() : channel.builder());
      return record(recording, charge, method, options, next, channel, false);
    }
    return record(recording, null, method, options, next, channel, false);
  }

  /**
   * Makes a call that is recorded by the recorder it is charged to, unless that is closed or
   * records the call already.
   *
   * @param channel the channel that the call is made on; null if somebody else has to close it
   * @param innermost whether there is no other interceptor between this one and the channel
   */
  static <ReqT, RespT> ClientCall<ReqT, RespT> record(
      Charge charge,
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next,
      @Nullable BuiltChannel channel,
      boolean innermost) {
    return record(charge.recording(), charge, method, options, next, channel, innermost);
  }

  private static <ReqT, RespT> ClientCall<ReqT, RespT> record(
      Recording recording,
      @Nullable Charge charge,
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next,
      @Nullable BuiltChannel channel,
      boolean innermost) {
    ClientCall<ReqT, RespT> answer = Reconnects.callIfOne(method, options, next, channel, charge);
    if (answer != null) {
      return answer;
    }
    StreamLog log =
        recording.newLog(method, options, BuiltChannel.authorityOf(next), Coverage.WHOLE, channel);
    if (log == null) {
      return next.newCall(method, channel == null ? options : channel.tell(options, next));
    }
    if (charge != null && (!charge.note().isEmpty() || charge.recording() != recording)) {
      log.openedFor(charge.owner(), charge.note());
    }
    if (channel != null) {
      channel.isCalledOn(next);
    }
    CallOptions recorded = options.withStreamTracerFactory(log);
    ClientCall<ReqT, RespT> call =
        innermost || !Watches.reachNewChannels()
            ? Watches.newCallOf(log.opener(), method, recorded, next)
            : next.newCall(method, recorded);
    log.created(recording.makingStack());
    return new RecordingCall<>(call, log);
  }
}

package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;

/** The hook on the application's side: wraps each call of a channel once per recorder. */
final class RecordingInterceptor implements ClientInterceptor {

  private final GrpcStreamRecorder recorder;

  RecordingInterceptor(GrpcStreamRecorder recorder) {
    this.recorder = recorder;
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    return record(recorder, method, options, next);
  }

  /** Makes a call that {@code recorder} records, if it may. */
  static <ReqT, RespT> ClientCall<ReqT, RespT> record(
      GrpcStreamRecorder recorder,
      MethodDescriptor<ReqT, RespT> method,
      CallOptions options,
      Channel next) {
    StreamLog log = recorder.newLog(method, options, next.authority(), RecordedSides.ALL);
    if (log == null) {
      return next.newCall(method, options);
    }
    ClientCall<ReqT, RespT> call =
        next.newCall(
            method,
            options
                .withOption(StreamLog.KEY, log)
                .withStreamTracerFactory(new AttemptTracer.Factory(log)));
    return new RecordingCall<>(call, log, recorder);
  }
}

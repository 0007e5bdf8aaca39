package io.github.streamleak.recorder;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;

/** A channel that is only asked for its authority. */
final class NoChannel extends Channel {

  static final NoChannel INSTANCE = new NoChannel();

  private NoChannel() {}

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> newCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options) {
    throw new UnsupportedOperationException(method.getFullMethodName());
  }

  @Override
  public String authority() {
    return "nowhere";
  }
}

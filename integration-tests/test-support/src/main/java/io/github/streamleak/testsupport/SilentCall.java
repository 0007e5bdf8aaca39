package io.github.streamleak.testsupport;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** A call that takes everything and tells its listener nothing. */
public class SilentCall<Q, R> extends ClientCall<Q, R> {

  @Override
  public void start(Listener<R> listener, Metadata headers) {}

  @Override
  public void request(int count) {}

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {}

  @Override
  public void halfClose() {}

  @Override
  public void sendMessage(Q message) {}
}

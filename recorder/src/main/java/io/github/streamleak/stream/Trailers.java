package io.github.streamleak.stream;

import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/** Trailers as a value. Those that gRPC gives belong to the application, which may change them. */
final class Trailers {

  private Trailers() {}

  static @Nullable Metadata copy(@Nullable Metadata trailers) {
    if (trailers == null) {
      return null;
    }
    Metadata copy = new Metadata();
    copy.merge(trailers);
    return copy;
  }
}

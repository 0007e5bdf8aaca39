package io.github.streamleak.testsupport;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Strings for messages. */
public enum Text implements Marshaller<String> {
  INSTANCE;

  /** Returns a method with strings for requests and responses. */
  public static MethodDescriptor<String, String> method(
      String service, String name, MethodType type) {
    return MethodDescriptor.newBuilder(INSTANCE, INSTANCE)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
        .setType(type)
        .build();
  }

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

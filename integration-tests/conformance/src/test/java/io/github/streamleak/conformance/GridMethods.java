package io.github.streamleak.conformance;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The one service of the grid: a method of each type, with strings for messages. */
final class GridMethods {

  static final String SERVICE = "grid.Grid";

  static final MethodDescriptor<String, String> UNARY = method("Unary", MethodType.UNARY);
  static final MethodDescriptor<String, String> SERVER =
      method("Server", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<String, String> CLIENT =
      method("Client", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<String, String> BIDI = method("Bidi", MethodType.BIDI_STREAMING);

  /** Answered at once on every server; brings a channel to life before a case begins. */
  static final MethodDescriptor<String, String> WARM_UP = method("WarmUp", MethodType.UNARY);

  /** Served nowhere. */
  static final MethodDescriptor<String, String> UNKNOWN =
      method("Unknown", MethodType.SERVER_STREAMING);

  static final List<MethodDescriptor<String, String>> SCRIPTED =
      List.of(UNARY, SERVER, CLIENT, BIDI);

  private GridMethods() {}

  static MethodDescriptor<String, String> of(MethodType type) {
    return SCRIPTED.stream().filter(method -> method.getType() == type).findFirst().orElseThrow();
  }

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(new StringMarshaller())
        .setResponseMarshaller(new StringMarshaller())
        .build();
  }

  private static final class StringMarshaller implements MethodDescriptor.Marshaller<String> {
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

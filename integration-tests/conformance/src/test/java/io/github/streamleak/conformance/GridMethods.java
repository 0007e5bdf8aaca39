package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.Text;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
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
    return Text.method(SERVICE, name, type);
  }
}

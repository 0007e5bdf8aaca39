package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.Names;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.List;

/** What the name of a cell leads to: each channel has a target of its own. */
final class GridResolver {

  private GridResolver() {}

  /** What a name leads to. */
  sealed interface Naming {
    /** Resolved at once. */
    record Addresses(List<SocketAddress> addresses) implements Naming {}

    /** The resolver never calls back. */
    record Never() implements Naming {}

    /** Resolved at once to an address of the transport's that nobody listens at. */
    record NobodyListens() implements Naming {}

    /** The resolver says that there is no such name. */
    record Fails() implements Naming {}
  }

  static String target(String cell, Naming naming) {
    if (naming instanceof Naming.Addresses found) {
      return Names.target(cell, found.addresses());
    }
    return naming instanceof Naming.Fails
        ? Names.target(
            cell,
            (args, listener) ->
                listener.onError(Status.UNAVAILABLE.withDescription("no such name in the grid")))
        : Names.unresolved(cell);
  }

  static void forget(String cell) {
    Names.forget(cell);
  }
}

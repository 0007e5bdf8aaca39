package io.github.streamleak.conformance;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Resolves {@code grid:///cell}: each channel has a target of its own, whatever the transport. */
final class GridResolver extends NameResolverProvider {

  private static final Map<String, Naming> NAMES = new ConcurrentHashMap<>();

  static {
    NameResolverRegistry.getDefaultRegistry().register(new GridResolver());
  }

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
    NAMES.put(cell, naming);
    return "grid:///" + cell;
  }

  static void forget(String cell) {
    NAMES.remove(cell);
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 5;
  }

  @Override
  public String getDefaultScheme() {
    return "grid";
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
    // Whatever the transport of the channel takes.
    return List.of();
  }

  @Override
  public NameResolver newNameResolver(URI targetUri, NameResolver.Args args) {
    Naming naming = NAMES.getOrDefault(targetUri.getPath().substring(1), new Naming.Fails());
    return new NameResolver() {
      @Override
      public String getServiceAuthority() {
        return "localhost";
      }

      @Override
      public void start(Listener2 listener) {
        if (naming instanceof Naming.Addresses found) {
          listener.onResult(
              ResolutionResult.newBuilder()
                  .setAddressesOrError(
                      StatusOr.fromValue(
                          found.addresses().stream().map(EquivalentAddressGroup::new).toList()))
                  .build());
        } else if (naming instanceof Naming.Fails) {
          listener.onError(Status.UNAVAILABLE.withDescription("no such name in the grid"));
        }
      }

      @Override
      public void shutdown() {}
    };
  }
}

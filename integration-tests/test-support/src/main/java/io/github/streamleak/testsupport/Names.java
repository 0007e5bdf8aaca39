package io.github.streamleak.testsupport;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ResolutionResult;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** Resolves {@code names:///name} to what the test says, whatever the transport. */
public final class Names extends NameResolverProvider {

  private static final Map<String, Answer> ANSWERS = new ConcurrentHashMap<>();

  static {
    NameResolverRegistry.getDefaultRegistry().register(new Names());
  }

  private Names() {}

  /** What is done when a channel asks for a name. */
  public interface Answer {
    void give(NameResolver.Args args, NameResolver.Listener2 listener);
  }

  /** Returns the target of {@code name}, which is the authority of such a channel too. */
  public static String target(String name, Answer answer) {
    ANSWERS.put(name, answer);
    return "names:///" + name;
  }

  /** Returns the target of a name that leads to these addresses. */
  public static String target(String name, List<? extends SocketAddress> addresses) {
    return target(name, (args, listener) -> listener.onResult(result(addresses).build()));
  }

  /** Returns the target of a name that is never resolved. */
  public static String unresolved(String name) {
    return target(name, (args, listener) -> {});
  }

  /** Forgets what {@code name} leads to. */
  public static void forget(String name) {
    ANSWERS.remove(name);
  }

  /** Returns what a resolver says that knows these addresses, to add a service config to. */
  public static ResolutionResult.Builder result(List<? extends SocketAddress> addresses) {
    return ResolutionResult.newBuilder()
        .setAddressesOrError(
            StatusOr.fromValue(addresses.stream().map(EquivalentAddressGroup::new).toList()));
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
    return "names";
  }

  @Override
  public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
    // Whatever the transport of the channel takes.
    return List.of();
  }

  @Override
  public NameResolver newNameResolver(URI targetUri, NameResolver.Args args) {
    String name = targetUri.getPath().substring(1);
    Answer answer = Objects.requireNonNull(ANSWERS.get(name), name);
    return new NameResolver() {
      @Override
      public String getServiceAuthority() {
        return name;
      }

      @Override
      public void start(Listener2 listener) {
        answer.give(args, listener);
      }

      @Override
      public void shutdown() {}
    };
  }
}

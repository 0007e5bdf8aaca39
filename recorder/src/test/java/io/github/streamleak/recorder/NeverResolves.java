package io.github.streamleak.recorder;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.net.URI;

/** Resolves names of the scheme "never" by never calling back. */
final class NeverResolves extends NameResolverProvider {

  private static final NeverResolves INSTANCE = new NeverResolves();

  private NeverResolves() {}

  /** Registering twice does nothing. */
  static void register() {
    NameResolverRegistry.getDefaultRegistry().deregister(INSTANCE);
    NameResolverRegistry.getDefaultRegistry().register(INSTANCE);
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
    return "never";
  }

  @Override
  public NameResolver newNameResolver(URI targetUri, NameResolver.Args args) {
    return new NameResolver() {
      @Override
      public String getServiceAuthority() {
        return "nowhere";
      }

      @Override
      public void start(Listener2 listener) {}

      @Override
      public void shutdown() {}
    };
  }
}

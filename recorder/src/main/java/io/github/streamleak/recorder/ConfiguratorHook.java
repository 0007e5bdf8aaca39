package io.github.streamleak.recorder;

import io.grpc.ClientInterceptor;
import io.grpc.InternalConfigurator;
import io.grpc.InternalConfiguratorRegistry;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hook on channels and servers as they are built. It is in gRPC's registry of configurators,
 * which every builder applies in its constructor.
 *
 * <p>That registry can be set only once in a JVM, and the user must stay free to do that, as
 * GrpcOpenTelemetry.registerGlobal does. So its list is changed by reflection. Then the registry
 * does not count as set: a later call of the user's succeeds, and replaces ours until {@link
 * #install} adds it again; and gRPC still adds Census. The price is a private field of gRPC, which
 * has been the same from 1.68 to 1.85. If it cannot be reached, nothing is done, and {@link
 * #isInstalled} returns false.
 */
final class ConfiguratorHook implements InternalConfigurator {

  private static final ConfiguratorHook INSTANCE = new ConfiguratorHook();
  private static final @Nullable Registry REGISTRY = Registry.find();

  private ConfiguratorHook() {}

  static void install() {
    if (REGISTRY != null && !isInstalled()) {
      // It goes before the configurators of others, because the first interceptor that a builder
      // gets is the innermost.
      REGISTRY.change(list -> list.add(0, INSTANCE));
    }
  }

  static void remove() {
    if (REGISTRY != null) {
      REGISTRY.change(list -> list.remove(INSTANCE));
    }
  }

  static boolean isInstalled() {
    return REGISTRY != null && REGISTRY.read().contains(INSTANCE);
  }

  @Override
  public void configureChannelBuilder(ManagedChannelBuilder<?> builder) {
    try {
      ClientInterceptor interceptor = WatchingInterceptor.forNewChannel();
      if (interceptor != null) {
        // The innermost interceptor sees what reaches the transport, even if others hold calls
        // back.
        builder.intercept(interceptor);
      }
    } catch (RuntimeException e) {
      // This builder takes no interceptors, so its channel cannot be watched. It is built as usual.
    }
  }

  @Override
  public void configureServerBuilder(ServerBuilder<?> builder) {
    ServerHook.install(builder);
  }

  private interface Change {
    void apply(List<Object> configurators);
  }

  /** gRPC's {@code ConfiguratorRegistry}; the same field from 1.68 to 1.85. */
  private static final class Registry {
    private final Object registry;
    private final Field configurators;

    private Registry(Object registry, Field configurators) {
      this.registry = registry;
      this.configurators = configurators;
    }

    static @Nullable Registry find() {
      try {
        Class<?> type =
            Class.forName(
                "io.grpc.ConfiguratorRegistry",
                true,
                InternalConfiguratorRegistry.class.getClassLoader());
        Method instance = type.getDeclaredMethod("getDefaultRegistry");
        Field field = type.getDeclaredField("configurators");
        instance.setAccessible(true);
        field.setAccessible(true);
        Object registry = instance.invoke(null);
        return registry != null && field.get(registry) instanceof List
            ? new Registry(registry, field)
            : null;
      } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
        return null;
      }
    }

    List<?> read() {
      // gRPC guards the field by the registry itself: @GuardedBy("this").
      synchronized (registry) {
        try {
          return (List<?>) configurators.get(registry);
        } catch (ReflectiveOperationException e) {
          return List.of();
        }
      }
    }

    void change(Change change) {
      synchronized (registry) {
        List<Object> changed = new ArrayList<>(read());
        change.apply(changed);
        if (!changed.equals(read())) {
          try {
            configurators.set(registry, List.copyOf(changed));
          } catch (ReflectiveOperationException e) {
            // The list is unchanged, and isInstalled() tells that.
            return;
          }
        }
      }
    }
  }
}

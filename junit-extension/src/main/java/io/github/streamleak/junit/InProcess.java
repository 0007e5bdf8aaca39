package io.github.streamleak.junit;

import io.grpc.ForwardingChannelBuilder2;
import io.grpc.ForwardingServerBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.internal.ManagedChannelImplBuilder;
import io.grpc.internal.ServerImplBuilder;
import java.lang.reflect.Method;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The builders of the server and the channel that a scope makes, spared what each test would pay
 * for and nobody would see.
 *
 * <p>Whenever gRPC builds one it looks for OpenCensus on the class path. To go through all jars in
 * vain takes longer than the building does, so it is looked for once here. And a channel sets a
 * timer, which wakes a thread, to fall idle after half an hour without a call: by then that of a
 * test is shut down, unless somebody debugs it.
 */
final class InProcess {

  private InProcess() {}

  static InProcessServerBuilder server(String name) {
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
    spareTheLook(builder);
    return builder;
  }

  static InProcessChannelBuilder channel(String name) {
    InProcessChannelBuilder builder =
        InProcessChannelBuilder.forName(name).idleTimeout(Long.MAX_VALUE, TimeUnit.DAYS);
    spareTheLook(builder);
    return builder;
  }

  private static void spareTheLook(Object builder) {
    try {
      Census.spareTheLook(builder);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      // Where gRPC is of explicit modules, or of a later kind, it looks each time.
      return;
    }
  }

  /**
   * Tells a builder that there is no Census, where there is none: what it does then is what it
   * would have done after the look. A class of its own, for it is linked with what is internal to
   * gRPC.
   */
  private static final class Census {

    private static final boolean STATS = isThere("io.grpc.census.InternalCensusStatsAccessor");
    private static final boolean TRACING = isThere("io.grpc.census.InternalCensusTracingAccessor");
    private static final @Nullable Method SERVER = delegateOf(ForwardingServerBuilder.class);
    private static final @Nullable Method CHANNEL = delegateOf(ForwardingChannelBuilder2.class);

    static void spareTheLook(Object builder) throws ReflectiveOperationException {
      Method delegate = builder instanceof ForwardingServerBuilder ? SERVER : CHANNEL;
      Object behind = delegate == null ? null : delegate.invoke(builder);
      if (behind instanceof ServerImplBuilder server) {
        server.setStatsEnabled(STATS);
        server.setTracingEnabled(TRACING);
      } else if (behind instanceof ManagedChannelImplBuilder channel) {
        channel.setStatsEnabled(STATS);
        channel.setTracingEnabled(TRACING);
      }
    }

    private static boolean isThere(String accessor) {
      try {
        Class.forName(accessor, false, ServerImplBuilder.class.getClassLoader());
        return true;
      } catch (ClassNotFoundException e) {
        return false;
      } catch (LinkageError e) {
        // It is there, and gRPC will find out what is wrong with it.
        return true;
      }
    }

    /** A forwarding builder keeps to itself what it forwards to. */
    private static @Nullable Method delegateOf(Class<?> forwarding) {
      try {
        Method delegate = forwarding.getDeclaredMethod("delegate");
        delegate.setAccessible(true);
        return delegate;
      } catch (ReflectiveOperationException | RuntimeException e) {
        return null;
      }
    }
  }
}

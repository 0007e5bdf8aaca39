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
 * Makes the builders of the server and the channel of a scope, without work that would cost every
 * test time and that nobody would see.
 *
 * <p>Whenever gRPC builds a server or channel it looks for OpenCensus on the class path. Searching
 * all jars in vain takes longer than the building itself, so the search is done once here. A
 * channel also sets a timer, which wakes a thread, to become idle after half an hour without a
 * call. The channel of a test is shut down long before, unless somebody debugs the test.
 *
 * <p>The price is a class, {@link Census}, that depends on what is internal to gRPC. If it does not
 * fit the gRPC that is there, each builder searches again and nothing else changes.
 */
final class InProcess {

  private InProcess() {}

  static InProcessServerBuilder server(String name) {
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
    skipSearch(builder);
    return builder;
  }

  static InProcessChannelBuilder channel(String name) {
    InProcessChannelBuilder builder =
        InProcessChannelBuilder.forName(name).idleTimeout(Long.MAX_VALUE, TimeUnit.DAYS);
    skipSearch(builder);
    return builder;
  }

  private static void skipSearch(Object builder) {
    try {
      Census.skipSearch(builder);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      // gRPC is made of explicit modules, or is a version that works differently. It then searches
      // each time.
      return;
    }
  }

  /**
   * Tells a builder whether OpenCensus is there, so that it behaves as it would have after its own
   * search. This is a class of its own because it is linked with what is internal to gRPC, which
   * may fail.
   */
  private static final class Census {

    private static final boolean STATS = isThere("io.grpc.census.InternalCensusStatsAccessor");
    private static final boolean TRACING = isThere("io.grpc.census.InternalCensusTracingAccessor");
    private static final @Nullable Method SERVER = delegateOf(ForwardingServerBuilder.class);
    private static final @Nullable Method CHANNEL = delegateOf(ForwardingChannelBuilder2.class);

    static void skipSearch(Object builder) throws ReflectiveOperationException {
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
        // It is there. gRPC will find out what is wrong with it.
        return true;
      }
    }

    /** Returns the method that gives what a forwarding builder forwards to; it is protected. */
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

package io.github.streamleak.recorder;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerBuilder;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The hook on servers: sees that {@code Server.shutdownNow} ends the streams of a server.
 *
 * <p>The client cannot always tell. Over Netty it receives CANCELLED, as after any reset of a
 * stream. But the server's transport closes each stream with a status of its own before it tells
 * the client ({@code ServerImpl.shutdownNow}), and a tracer on the server sees that status. The
 * address that the server listens on then tells which streams of clients were ended. One tracer
 * serves all calls of a server, since only how they end matters, so a call costs nothing more. The
 * price is that a server in another JVM, or behind a proxy, is not seen: there a shutdown looks
 * like any other reset.
 */
final class ServerHook extends ServerTransportFilter {

  private static final String SHUTDOWN_NOW = "Server shutdownNow invoked";

  /**
   * What a client receives over a wire: a reset of the stream, or, if that is lost, the end of the
   * connection.
   */
  private static final Set<Status.Code> ENDS =
      EnumSet.of(Status.Code.CANCELLED, Status.Code.UNAVAILABLE);

  /**
   * A bound for the addresses, far above what is shut down while ends are on their way to clients.
   */
  private static final int MOST_ADDRESSES = 1_000;

  /** How many times a stream was seen to be ended by a shutdown. */
  private static final AtomicInteger SHUTDOWNS = new AtomicInteger();

  /**
   * The addresses of servers that were shut down, oldest first, each with the number of the
   * shutdown. An address may be used again by a server that no hook sees. So a shutdown counts only
   * for the streams that were there before it.
   */
  private static final Map<SocketAddress, Integer> SHUT_DOWN =
      Collections.synchronizedMap(
          new LinkedHashMap<SocketAddress, Integer>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<SocketAddress, Integer> eldest) {
              return size() > MOST_ADDRESSES;
            }
          });

  private final Set<SocketAddress> addresses = ConcurrentHashMap.newKeySet();

  private ServerHook() {}

  /** Hooks into the server that {@code builder} will build, if the builder allows. Never throws. */
  static void install(ServerBuilder<?> builder) {
    try {
      ServerHook hook = new ServerHook();
      builder.addTransportFilter(hook);
      builder.addStreamTracerFactory(hook.new Tracers());
    } catch (RuntimeException e) {
      // This builder takes no filter or no tracer, so the server's shutdown is not seen. The server
      // is built as usual.
    }
  }

  /**
   * Returns whether the shutdown of a server has ended a stream that got no trailers. In-process
   * the client receives the server's own status. Over a wire it does not, and the address has to
   * tell.
   *
   * @param before the {@link #shutdowns()} when the stream began
   */
  static boolean hasEnded(Status status, @Nullable SocketAddress address, int before) {
    return SHUTDOWN_NOW.equals(status.getDescription())
        || (ENDS.contains(status.getCode())
            && address != null
            && SHUT_DOWN.getOrDefault(address, 0) > before);
  }

  /** Returns how many shutdowns there have been. */
  static int shutdowns() {
    return SHUTDOWNS.get();
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    SocketAddress address = attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    if (address != null) {
      addresses.add(address);
    }
    return attributes;
  }

  private final class Tracers extends ServerStreamTracer.Factory {

    private final ServerStreamTracer tracer =
        new ServerStreamTracer() {
          @Override
          public void streamClosed(Status status) {
            if (SHUTDOWN_NOW.equals(status.getDescription())) {
              int number = SHUTDOWNS.incrementAndGet();
              addresses.forEach(address -> SHUT_DOWN.put(address, number));
            }
          }
        };

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
      return tracer;
    }
  }
}

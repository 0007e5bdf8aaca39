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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Sees that {@code Server.shutdownNow} ends the streams of a server.
 *
 * <p>The client cannot always tell: over Netty it receives the CANCELLED that any reset of a stream
 * gives. The server's transport closes each stream with a status of its own before it tells the
 * client ({@code ServerImpl.shutdownNow}), and a tracer hears it. Which streams of clients these
 * were is known by the address that the server listens on. Costs nothing for each call: one tracer
 * serves all calls of a server, since only the way they end matters.
 */
final class ServerHook extends ServerTransportFilter {

  private static final String SHUTDOWN_NOW = "Server shutdownNow invoked";

  /** More servers than are shut down while the end of one's streams is on its way to a client. */
  private static final int MOST_ADDRESSES = 1_000;

  /** The addresses at which the last server to accept a connection was shut down, oldest first. */
  private static final Set<SocketAddress> SHUT_DOWN =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<SocketAddress, Boolean>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<SocketAddress, Boolean> eldest) {
                  return size() > MOST_ADDRESSES;
                }
              }));

  private final Set<SocketAddress> addresses = ConcurrentHashMap.newKeySet();

  private ServerHook() {}

  /** Hooks into the server that {@code builder} will build, if it can be. Never throws. */
  static void install(ServerBuilder<?> builder) {
    try {
      ServerHook hook = new ServerHook();
      builder.addTransportFilter(hook);
      builder.addStreamTracerFactory(hook.new Tracers());
    } catch (RuntimeException e) {
      // A builder that takes neither builds a server whose shutdown is not seen; it is built.
    }
  }

  /**
   * Returns whether the shutdown of a server has ended a stream without trailers. In-process the
   * client receives the server's own status; over a wire it does not, and the address tells.
   */
  static boolean hasEnded(Status status, @Nullable SocketAddress address) {
    return SHUTDOWN_NOW.equals(status.getDescription())
        || (status.getCode() == Status.Code.CANCELLED
            && address != null
            && SHUT_DOWN.contains(address));
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    SocketAddress address = attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    if (address != null) {
      addresses.add(address);
      SHUT_DOWN.remove(address);
    }
    return attributes;
  }

  private final class Tracers extends ServerStreamTracer.Factory {

    private final ServerStreamTracer tracer =
        new ServerStreamTracer() {
          @Override
          public void streamClosed(Status status) {
            if (SHUTDOWN_NOW.equals(status.getDescription())) {
              SHUT_DOWN.addAll(addresses);
            }
          }
        };

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
      return tracer;
    }
  }
}

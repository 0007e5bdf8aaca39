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
   * A bound for the addresses, far above what is shut down while ends are on their way to clients.
   */
  private static final int MOST_ADDRESSES = 1_000;

  /**
   * The addresses of servers that were shut down, oldest first. An address is taken out again when
   * another server accepts a connection there.
   */
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

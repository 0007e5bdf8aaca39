package acme.interceptors;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** The ways in which people write an interceptor that stands between their line and the call. */
public enum Interceptors implements ClientInterceptor {
  /** Adds something to the headers. */
  FORWARDING {
    @Override
    <Q, R> ClientCall<Q, R> wrap(ClientCall<Q, R> call) {
      return new SimpleForwardingClientCall<>(call) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(listener, headers);
        }
      };
    }
  },

  /** May refuse the call, which gRPC's base class takes care of. */
  CHECKED {
    @Override
    <Q, R> ClientCall<Q, R> wrap(ClientCall<Q, R> call) {
      return new CheckedForwardingClientCall<>(call) {
        @Override
        protected void checkedStart(Listener<R> listener, Metadata headers) {
          delegate().start(listener, headers);
        }
      };
    }
  },

  /** Starts the call within something, by a method of another class. */
  WITHIN {
    @Override
    <Q, R> ClientCall<Q, R> wrap(ClientCall<Q, R> call) {
      return new SimpleForwardingClientCall<>(call) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          Tracing.within(() -> super.start(listener, headers));
        }
      };
    }
  },

  /** Leaves it to a method of its own class to start the call. */
  BY_A_HELPER {
    @Override
    <Q, R> ClientCall<Q, R> wrap(ClientCall<Q, R> call) {
      return new SimpleForwardingClientCall<>(call) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          startQuietly(delegate(), listener, headers);
        }
      };
    }
  },

  /** Is a whole call of its own. */
  OWN_CALL {
    @Override
    <Q, R> ClientCall<Q, R> wrap(ClientCall<Q, R> call) {
      return new OwnCall<>(call);
    }
  };

  abstract <Q, R> ClientCall<Q, R> wrap(ClientCall<Q, R> call);

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return wrap(next.newCall(method, options));
  }

  private static <Q, R> void startQuietly(
      ClientCall<Q, R> call, ClientCall.Listener<R> listener, Metadata headers) {
    call.start(listener, headers);
  }

  private static final class Tracing {
    static void within(Runnable task) {
      Context.current().withValue(Context.key("span"), "1").run(task);
    }
  }

  private static final class OwnCall<Q, R> extends ClientCall<Q, R> {
    private final ClientCall<Q, R> call;

    OwnCall(ClientCall<Q, R> call) {
      this.call = call;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      call.start(listener, headers);
    }

    @Override
    public void request(int count) {
      call.request(count);
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      call.cancel(message, cause);
    }

    @Override
    public void halfClose() {
      call.halfClose();
    }

    @Override
    public void sendMessage(Q message) {
      call.sendMessage(message);
    }
  }
}

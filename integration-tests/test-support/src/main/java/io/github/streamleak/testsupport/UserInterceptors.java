package io.github.streamleak.testsupport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Interceptors as users write them, and get them wrong. */
public final class UserInterceptors {

  private UserInterceptors() {}

  /** Hands everything on but the terminal status. */
  public static final class SwallowsOnClose implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {}
              },
              headers);
        }
      };
    }
  }

  /** Hands everything on but the cancel. */
  public static final class SwallowsCancel implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}
      };
    }
  }

  /** Makes each call in no Context, as code does that must not inherit a cancel. */
  public static final class InRootContext implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      Context before = Context.ROOT.attach();
      try {
        return next.newCall(method, options);
      } finally {
        Context.ROOT.detach(before);
      }
    }
  }

  /** Gives a status of its own and makes no call at all, as a cache does. */
  public static final class AnswersWithoutCall implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SilentCall<>() {
        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          answer(listener, options);
        }
      };
    }
  }

  /**
   * Starts the call, whose answers are for nobody, and gives a status of its own at the half-close.
   *
   * @param cancels whether the call is cancelled then, or forgotten
   */
  public record AnswersByItself(boolean cancels) implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        private Listener<RespT> application = new Listener<>() {};

        @Override
        public void start(Listener<RespT> listener, Metadata headers) {
          application = listener;
          super.start(new Listener<>() {}, headers);
        }

        @Override
        public void halfClose() {
          super.halfClose();
          answer(application, options);
          if (cancels) {
            super.cancel("answered from the cache", null);
          }
        }
      };
    }
  }

  /** As gRPC does, on the executor of the call. */
  private static void answer(ClientCall.Listener<?> listener, CallOptions options) {
    Runnable answer =
        () -> listener.onClose(Status.OK.withDescription("from the cache"), new Metadata());
    if (options.getExecutor() == null) {
      answer.run();
    } else {
      options.getExecutor().execute(answer);
    }
  }
}

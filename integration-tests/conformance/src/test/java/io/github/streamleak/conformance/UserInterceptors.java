package io.github.streamleak.conformance;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Interceptors as users write them, and get them wrong. */
final class UserInterceptors {

  private UserInterceptors() {}

  private static boolean isWarmUp(MethodDescriptor<?, ?> method) {
    return method.getFullMethodName().equals(GridMethods.WARM_UP.getFullMethodName());
  }

  private interface Wrapper {
    <ReqT, RespT> ClientCall<ReqT, RespT> wrap(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next);
  }

  private static ClientInterceptor of(Wrapper wrapper) {
    return new ClientInterceptor() {
      @Override
      public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
          MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
        return isWarmUp(method)
            ? next.newCall(method, options)
            : wrapper.wrap(method, options, next);
      }
    };
  }

  /** Hands everything on but the terminal status. */
  static ClientInterceptor swallowsOnClose() {
    return of(
        new Wrapper() {
          @Override
          public <ReqT, RespT> ClientCall<ReqT, RespT> wrap(
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
        });
  }

  /** Hands everything on but the cancel. */
  static ClientInterceptor swallowsCancel() {
    return of(
        new Wrapper() {
          @Override
          public <ReqT, RespT> ClientCall<ReqT, RespT> wrap(
              MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
              @Override
              public void cancel(@Nullable String message, @Nullable Throwable cause) {}
            };
          }
        });
  }

  /** Gives a status of its own and makes no call at all, as a cache does. */
  static ClientInterceptor answersWithoutCall() {
    return of(
        new Wrapper() {
          @Override
          public <ReqT, RespT> ClientCall<ReqT, RespT> wrap(
              MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
            return new ClientCall<>() {
              @Override
              public void start(Listener<RespT> listener, Metadata headers) {
                Runnable answer = () -> listener.onClose(Status.OK, new Metadata());
                if (options.getExecutor() == null) {
                  answer.run();
                } else {
                  options.getExecutor().execute(answer);
                }
              }

              @Override
              public void request(int count) {}

              @Override
              public void cancel(@Nullable String message, @Nullable Throwable cause) {}

              @Override
              public void halfClose() {}

              @Override
              public void sendMessage(ReqT message) {}
            };
          }
        });
  }

  /** Gives a status of its own and leaves the call that it has started. */
  static ClientInterceptor answersAndForgets() {
    return answersOnHalfClose(false);
  }

  /** Gives a status of its own and cancels the call that it has started. */
  static ClientInterceptor answersAndCancels() {
    return answersOnHalfClose(true);
  }

  private static ClientInterceptor answersOnHalfClose(boolean cancels) {
    return of(
        new Wrapper() {
          @Override
          public <ReqT, RespT> ClientCall<ReqT, RespT> wrap(
              MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
              private @Nullable Listener<RespT> outer;

              @Override
              public void start(Listener<RespT> listener, Metadata headers) {
                outer = listener;
                // What the call itself has to say is for nobody.
                super.start(new Listener<>() {}, headers);
              }

              @Override
              public void halfClose() {
                super.halfClose();
                Listener<RespT> listener = outer;
                if (listener == null) {
                  return;
                }
                Runnable answer = () -> listener.onClose(Status.OK, new Metadata());
                if (options.getExecutor() == null) {
                  answer.run();
                } else {
                  options.getExecutor().execute(answer);
                }
                if (cancels) {
                  super.cancel("answered from elsewhere", null);
                }
              }
            };
          }
        });
  }
}

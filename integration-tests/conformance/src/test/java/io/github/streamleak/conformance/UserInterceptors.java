package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.UserInterceptors.AnswersByItself;
import io.github.streamleak.testsupport.UserInterceptors.AnswersWithoutCall;
import io.github.streamleak.testsupport.UserInterceptors.SwallowsCancel;
import io.github.streamleak.testsupport.UserInterceptors.SwallowsOnClose;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;

/** Interceptors as users write them, and get them wrong; the warm-up passes by them. */
final class UserInterceptors {

  private UserInterceptors() {}

  private static ClientInterceptor of(ClientInterceptor interceptor) {
    return new ClientInterceptor() {
      @Override
      public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
          MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
        return method.getFullMethodName().equals(GridMethods.WARM_UP.getFullMethodName())
            ? next.newCall(method, options)
            : interceptor.interceptCall(method, options, next);
      }
    };
  }

  /** Hands everything on but the terminal status. */
  static ClientInterceptor swallowsOnClose() {
    return of(new SwallowsOnClose());
  }

  /** Hands everything on but the cancel. */
  static ClientInterceptor swallowsCancel() {
    return of(new SwallowsCancel());
  }

  /** Gives a status of its own and makes no call at all, as a cache does. */
  static ClientInterceptor answersWithoutCall() {
    return of(new AnswersWithoutCall());
  }

  /** Gives a status of its own and leaves the call that it has started. */
  static ClientInterceptor answersAndForgets() {
    return of(new AnswersByItself(false));
  }

  /** Gives a status of its own and cancels the call that it has started. */
  static ClientInterceptor answersAndCancels() {
    return of(new AnswersByItself(true));
  }
}

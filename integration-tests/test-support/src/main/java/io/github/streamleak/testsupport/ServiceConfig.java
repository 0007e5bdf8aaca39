package io.github.streamleak.testsupport;

import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Service configs with policies for retries and hedges. */
public final class ServiceConfig {

  private ServiceConfig() {}

  /** Returns the config of these policies. */
  @SafeVarargs
  @SuppressWarnings("varargs") // read only
  public static Map<String, ?> of(Map<String, ?>... policies) {
    return Map.of("methodConfig", List.of(policies));
  }

  /**
   * Has calls of {@code methods} retried, {@code attempts} in all, where the server has no room.
   */
  public static Map<String, ?> retry(
      int attempts, String backoff, MethodDescriptor<?, ?>... methods) {
    return policy(
        methods,
        "retryPolicy",
        Map.of(
            "maxAttempts",
            (double) attempts,
            "initialBackoff",
            backoff,
            "maxBackoff",
            backoff,
            "backoffMultiplier",
            1.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE", "RESOURCE_EXHAUSTED")));
  }

  /** Has calls of {@code methods} made {@code attempts} times, unless one is answered before. */
  public static Map<String, ?> hedge(
      int attempts, String delay, MethodDescriptor<?, ?>... methods) {
    return policy(
        methods,
        "hedgingPolicy",
        Map.of(
            "maxAttempts",
            (double) attempts,
            "hedgingDelay",
            delay,
            "nonFatalStatusCodes",
            List.of("UNAVAILABLE")));
  }

  private static Map<String, ?> policy(
      MethodDescriptor<?, ?>[] methods, String policy, Map<String, ?> value) {
    return Map.of("name", Arrays.stream(methods).map(ServiceConfig::name).toList(), policy, value);
  }

  private static Map<String, String> name(MethodDescriptor<?, ?> method) {
    return Map.of(
        "service", String.valueOf(method.getServiceName()),
        "method", String.valueOf(method.getBareMethodName()));
  }
}

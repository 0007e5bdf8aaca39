package io.github.streamleak.conformance;

import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import java.util.Map;

/**
 * A policy as a user writes one: found through a service file, built on pick_first, with a tracer
 * factory of its own on every pick.
 */
public final class UserPolicy extends LoadBalancerProvider {

  static final String NAME = "grid_users_own";

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public int getPriority() {
    return 5;
  }

  @Override
  public String getPolicyName() {
    return NAME;
  }

  @Override
  public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
    return ConfigOrError.fromConfig("no config");
  }

  @Override
  public LoadBalancer newLoadBalancer(Helper helper) {
    LoadBalancerProvider pickFirst =
        LoadBalancerRegistry.getDefaultRegistry().getProvider("pick_first");
    if (pickFirst == null) {
      throw new IllegalStateException("gRPC without pick_first");
    }
    return PickCounts.counted(helper, pickFirst::newLoadBalancer);
  }
}

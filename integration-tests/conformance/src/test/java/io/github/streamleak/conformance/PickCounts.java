package io.github.streamleak.conformance;

import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.Metadata;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import io.grpc.util.ForwardingClientStreamTracer;
import io.grpc.util.ForwardingLoadBalancer;
import io.grpc.util.ForwardingLoadBalancerHelper;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The picks of one channel, counted by a policy of the grid's own: how many tracers it was asked
 * for, and how many Dones it got. Shares no code with the recorder.
 */
final class PickCounts {

  private static final Map<String, PickCounts> TARGETS = new ConcurrentHashMap<>();

  final AtomicInteger tracers = new AtomicInteger();
  final AtomicInteger dones = new AtomicInteger();

  /** Where it is off, picks carry no tracer of any policy, as with gRPC's own pick_first. */
  private final boolean counting;

  private final AtomicBoolean hasRoot = new AtomicBoolean();

  private PickCounts(boolean counting) {
    this.counting = counting;
  }

  static PickCounts of(String target, boolean counting) {
    PickCounts counts = new PickCounts(counting);
    TARGETS.put(target, counts);
    return counts;
  }

  static void forget(String target) {
    TARGETS.remove(target);
  }

  boolean isCounting() {
    return counting;
  }

  int open() {
    return tracers.get() - dones.get();
  }

  // gRPC's own policies are found before the first recorder wraps them: it sees ours in their
  // place.
  static {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    for (Policy policy : List.of(Policy.PICK_FIRST, Policy.ROUND_ROBIN, Policy.LEAST_REQUEST)) {
      LoadBalancerProvider grpcs = registry.getProvider(policy.policyName());
      if (grpcs == null) {
        throw new IllegalStateException("gRPC without " + policy.policyName());
      }
      registry.register(new CountingProvider(grpcs));
    }
  }

  /** Returns {@code policy} with its picks counted, if it is the root of a channel of the grid. */
  static LoadBalancer counted(Helper helper, Function<Helper, LoadBalancer> policy) {
    @Nullable PickCounts counts = TARGETS.get(helper.getChannelTarget());
    if (counts == null || !counts.hasRoot.compareAndSet(false, true)) {
      return policy.apply(helper);
    }
    LoadBalancer balancer = policy.apply(new CountingHelper(helper, counts));
    return new ForwardingLoadBalancer() {
      @Override
      protected LoadBalancer delegate() {
        return balancer;
      }

      @Override
      public void shutdown() {
        counts.hasRoot.set(false);
        balancer.shutdown();
      }
    };
  }

  private static final class CountingProvider extends LoadBalancerProvider {
    private final LoadBalancerProvider delegate;

    CountingProvider(LoadBalancerProvider delegate) {
      this.delegate = delegate;
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int getPriority() {
      return delegate.getPriority() + 1;
    }

    @Override
    public String getPolicyName() {
      return delegate.getPolicyName();
    }

    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
      return delegate.parseLoadBalancingPolicyConfig(config);
    }

    @Override
    public LoadBalancer newLoadBalancer(Helper helper) {
      return counted(helper, delegate::newLoadBalancer);
    }
  }

  private static final class CountingHelper extends ForwardingLoadBalancerHelper {
    private final Helper delegate;
    private final PickCounts counts;

    CountingHelper(Helper delegate, PickCounts counts) {
      this.delegate = delegate;
      this.counts = counts;
    }

    @Override
    protected Helper delegate() {
      return delegate;
    }

    @Override
    public void updateBalancingState(ConnectivityState state, SubchannelPicker picker) {
      delegate.updateBalancingState(state, new CountingPicker(picker, counts));
    }
  }

  private static final class CountingPicker extends SubchannelPicker {
    private final SubchannelPicker delegate;
    private final PickCounts counts;

    CountingPicker(SubchannelPicker delegate, PickCounts counts) {
      this.delegate = delegate;
      this.counts = counts;
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
      PickResult result = delegate.pickSubchannel(args);
      boolean warmUp =
          args.getMethodDescriptor()
              .getFullMethodName()
              .equals(GridMethods.WARM_UP.getFullMethodName());
      if (result.getSubchannel() == null || !counts.counting || warmUp) {
        return result;
      }
      ClientStreamTracer.@Nullable Factory own = result.getStreamTracerFactory();
      return result.copyWithStreamTracerFactory(
          new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(
                ClientStreamTracer.StreamInfo info, Metadata headers) {
              counts.tracers.incrementAndGet();
              ClientStreamTracer tracer =
                  own == null
                      ? new ClientStreamTracer() {}
                      : own.newClientStreamTracer(info, headers);
              return new ForwardingClientStreamTracer() {
                @Override
                protected ClientStreamTracer delegate() {
                  return tracer;
                }

                @Override
                public void streamClosed(Status status) {
                  counts.dones.incrementAndGet();
                  super.streamClosed(status);
                }
              };
            }
          });
    }
  }
}

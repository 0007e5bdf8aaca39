package io.github.streamleak.recorder;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.util.ForwardingLoadBalancerHelper;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A policy of a user's own, found by service file, that counts as least_request of grpc-xds does:
 * each pick goes to the address with the fewest streams in flight, known by the tracer it hands
 * over; and a pick that carries a tracer already is not counted. Its children come from the
 * registry.
 */
public final class LeastLoadedProvider extends LoadBalancerProvider {

  static final String POLICY = "acme_least_loaded";
  static final Map<String, AtomicInteger> IN_FLIGHT = new ConcurrentHashMap<>();
  static final AtomicInteger NOT_COUNTED = new AtomicInteger();

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
    return POLICY;
  }

  @Override
  public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
    return new Balancer(helper);
  }

  private static final class Balancer extends LoadBalancer {
    private final Helper helper;
    private final Map<String, Child> children = new ConcurrentHashMap<>();

    Balancer(Helper helper) {
      this.helper = helper;
    }

    @Override
    public Status acceptResolvedAddresses(ResolvedAddresses addresses) {
      LoadBalancerProvider pickFirst =
          LoadBalancerRegistry.getDefaultRegistry().getProvider("pick_first");
      for (EquivalentAddressGroup group : addresses.getAddresses()) {
        String address = group.toString();
        if (pickFirst != null && !children.containsKey(address)) {
          Child child = new Child(this, address);
          children.put(address, child);
          child.balancer = pickFirst.newLoadBalancer(child);
          child.balancer.acceptResolvedAddresses(
              ResolvedAddresses.newBuilder()
                  .setAddresses(List.of(group))
                  .setAttributes(Attributes.EMPTY)
                  .build());
          child.balancer.requestConnection();
        }
      }
      return Status.OK;
    }

    void update() {
      if (children.values().stream().allMatch(child -> child.ready)) {
        List<Child> all = List.copyOf(children.values());
        helper.updateBalancingState(ConnectivityState.READY, new Picker(all));
      } else {
        helper.updateBalancingState(
            ConnectivityState.CONNECTING, new FixedResultPicker(PickResult.withNoResult()));
      }
    }

    @Override
    public void handleNameResolutionError(Status error) {}

    @Override
    public void shutdown() {
      children.values().forEach(child -> child.balancer.shutdown());
    }
  }

  private static final class Child extends ForwardingLoadBalancerHelper {
    private final Balancer parent;
    private final AtomicInteger inFlight;
    private LoadBalancer balancer = new None();
    private volatile LoadBalancer.SubchannelPicker picker =
        new LoadBalancer.FixedResultPicker(LoadBalancer.PickResult.withNoResult());
    private volatile boolean ready;

    Child(Balancer parent, String address) {
      this.parent = parent;
      this.inFlight = IN_FLIGHT.computeIfAbsent(address, key -> new AtomicInteger());
    }

    @Override
    protected LoadBalancer.Helper delegate() {
      return parent.helper;
    }

    @Override
    public void updateBalancingState(
        ConnectivityState state, LoadBalancer.SubchannelPicker newPicker) {
      picker = newPicker;
      ready = state == ConnectivityState.READY;
      parent.update();
    }
  }

  private static final class None extends LoadBalancer {
    @Override
    public void handleNameResolutionError(Status error) {}

    @Override
    public void shutdown() {}
  }

  private static final class Picker extends LoadBalancer.SubchannelPicker {
    private final List<Child> children;

    Picker(List<Child> children) {
      this.children = children;
    }

    @Override
    public LoadBalancer.PickResult pickSubchannel(LoadBalancer.PickSubchannelArgs args) {
      Child least =
          Collections.min(children, (a, b) -> Integer.compare(a.inFlight.get(), b.inFlight.get()));
      LoadBalancer.PickResult result = least.picker.pickSubchannel(args);
      if (result.getSubchannel() == null) {
        return result;
      }
      if (result.getStreamTracerFactory() != null) {
        NOT_COUNTED.incrementAndGet();
        return result;
      }
      return LoadBalancer.PickResult.withSubchannel(
          result.getSubchannel(), new Counting(least.inFlight), "override.acme");
    }
  }

  private static final class Counting extends ClientStreamTracer.Factory {
    private final AtomicInteger inFlight;

    Counting(AtomicInteger inFlight) {
      this.inFlight = inFlight;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      inFlight.incrementAndGet();
      return new ClientStreamTracer() {
        @Override
        public void streamClosed(Status status) {
          inFlight.decrementAndGet();
        }
      };
    }
  }
}

package io.github.streamleak.recorder;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.streamleak.internal.Addresses;
import io.github.streamleak.internal.Texts;
import io.github.streamleak.stream.Pick;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.Helper;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.Metadata;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.SynchronizationContext;
import io.grpc.util.ForwardingLoadBalancer;
import io.grpc.util.ForwardingLoadBalancerHelper;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.StringJoiner;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The hook on the picker. For every load balancing policy that gRPC knows, it registers a provider
 * of the same name and priority before gRPC's own; the balancer of that provider wraps the pickers
 * of a channel's root policy.
 *
 * <p>It is process-wide, because the registry is. A call that neither a recorder nor a watch is
 * interested in costs one look at its call options for each pick.
 *
 * <p>Our provider has the same priority and not one more, so that a provider which a user registers
 * one above gRPC's own wins over ours as it does over gRPC's. Of providers with equal priority the
 * registry takes the first.
 *
 * <p>Only the root policy is wrapped. A policy may look at what its child policies hand over:
 * LeastRequestLoadBalancer does not count a pick that carries a tracer already. Child policies come
 * from the same registry as the root and cannot be told from it by name. So the root is the
 * balancer that is made first for a channel's SynchronizationContext, until it is shut down.
 */
final class PickerHook {

  private static final Object LOCK = new Object();

  /** Policies that some versions of gRPC register in code and not through a service file. */
  private static final List<String> BUILT_IN = List.of("pick_first", "round_robin");

  /** Our provider for each policy, as it is in the registry now. */
  @GuardedBy("LOCK")
  private static final Map<String, RecordingProvider> WRAPPED = new HashMap<>();

  /** The channels whose root policy is wrapped now, known by their synchronization context. */
  @GuardedBy("LOCK")
  private static final Map<SynchronizationContext, Boolean> ROOTS = new WeakHashMap<>();

  private static final Pick OF_UNNAMED = Values.pick(Pick.Kind.SUBCHANNEL, "a subchannel");

  private static final int FEW_SUBCHANNELS = 2;

  private static final Pick BUFFERED = Values.pick(Pick.Kind.BUFFERED, "");

  private PickerHook() {}

  /**
   * Wraps, for every policy, the provider that gRPC would take without us. A repeated call costs
   * little, and changes nothing unless the user has registered or deregistered a provider.
   */
  static void install() {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    synchronized (LOCK) {
      for (String policy : Policies.FOUND.names()) {
        RecordingProvider known = WRAPPED.get(policy);
        if (known != null && known.isLasting() && known.equals(registry.getProvider(policy))) {
          continue;
        }
        // The registry synchronizes on itself. We hold that monitor too, so that no channel looks
        // for a provider while it is taken out.
        synchronized (registry) {
          wrap(registry, policy);
        }
      }
    }
  }

  @GuardedBy("LOCK")
  private static void wrap(LoadBalancerRegistry registry, String policy) {
    RecordingProvider known = WRAPPED.remove(policy);
    if (known != null) {
      registry.deregister(known);
    }
    LoadBalancerProvider best = registry.getProvider(policy);
    List<LoadBalancerProvider> equals = new ArrayList<>();
    for (LoadBalancerProvider next = best;
        best != null && next != null && next.getPriority() == best.getPriority();
        next = registry.getProvider(policy)) {
      if (!next.isAvailable()) {
        // The registry would not take it back, so it stays and its picks are not seen.
        best = null;
      } else {
        equals.add(next);
        registry.deregister(next);
      }
    }
    if (best != null) {
      RecordingProvider ours =
          known != null && known.delegate.equals(best) ? known : new RecordingProvider(best);
      registry.register(ours);
      WRAPPED.put(policy, ours);
    }
    equals.forEach(registry::register);
  }

  /**
   * The policies with a service file. They are looked for once, since these files do not change.
   */
  private record Policies(Set<String> names, Set<Class<?>> providers) {
    static final Policies FOUND = find();

    private static Policies find() {
      Set<String> names = new LinkedHashSet<>(BUILT_IN);
      Set<Class<?>> providers = new HashSet<>();
      ServiceLoader.load(LoadBalancerProvider.class, LoadBalancerProvider.class.getClassLoader())
          .stream()
          .forEach(
              found -> {
                try {
                  names.add(found.get().getPolicyName());
                  providers.add(found.type());
                } catch (RuntimeException | LinkageError | ServiceConfigurationError e) {
                  // A provider that cannot be made here cannot be picked by gRPC either.
                }
              });
      return new Policies(names, providers);
    }
  }

  private static boolean becomesRoot(SynchronizationContext channel) {
    synchronized (LOCK) {
      return ROOTS.putIfAbsent(channel, Boolean.TRUE) == null;
    }
  }

  private static void rootGone(SynchronizationContext channel) {
    synchronized (LOCK) {
      ROOTS.remove(channel);
    }
  }

  private static final class RecordingProvider extends LoadBalancerProvider {

    private final LoadBalancerProvider delegate;

    RecordingProvider(LoadBalancerProvider delegate) {
      this.delegate = delegate;
    }

    /**
     * Returns whether the wrapped provider is sure to stay registered. One that a user has
     * registered by hand he may deregister again, and then ours must not serve it any more.
     */
    boolean isLasting() {
      return Policies.FOUND.providers().contains(delegate.getClass())
          || delegate.getClass().getName().startsWith("io.grpc.");
    }

    @Override
    public boolean isAvailable() {
      return delegate.isAvailable();
    }

    @Override
    public int getPriority() {
      return delegate.getPriority();
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
      SynchronizationContext channel;
      try {
        channel = helper.getSynchronizationContext();
      } catch (UnsupportedOperationException e) {
        // This helper is not a channel's, but that of a test of a policy, for instance.
        return delegate.newLoadBalancer(helper);
      }
      if (!becomesRoot(channel)) {
        return delegate.newLoadBalancer(helper);
      }
      RootLife life = new RootLife(helper);
      return new RecordingBalancer(
          delegate.newLoadBalancer(new RecordingHelper(helper, life)), channel, life);
    }
  }

  private static final class RecordingBalancer extends ForwardingLoadBalancer {

    private final LoadBalancer delegate;
    private final SynchronizationContext channel;
    private final RootLife life;

    RecordingBalancer(LoadBalancer delegate, SynchronizationContext channel, RootLife life) {
      this.delegate = delegate;
      this.channel = channel;
      this.life = life;
    }

    @Override
    protected LoadBalancer delegate() {
      return delegate;
    }

    @Override
    public void shutdown() {
      rootGone(channel);
      life.shutDown();
      delegate.shutdown();
    }
  }

  private static final class RecordingHelper extends ForwardingLoadBalancerHelper {

    private final Helper delegate;
    private final RootLife life;

    /**
     * The recorded pick of each subchannel, which is one object for all picks of it. There is a map
     * for each channel, so that it is collected with the channel; its keys are weak, since a policy
     * may use many subchannels one after the other.
     */
    private final Map<Subchannel, Pick> picks =
        Collections.synchronizedMap(new WeakHashMap<>(FEW_SUBCHANNELS));

    RecordingHelper(Helper delegate, RootLife life) {
      this.delegate = delegate;
      this.life = life;
    }

    @Override
    protected Helper delegate() {
      return delegate;
    }

    @Override
    public Subchannel createSubchannel(CreateSubchannelArgs args) {
      Subchannel subchannel = delegate.createSubchannel(args);
      // A subchannel tells its addresses only inside the channel's synchronization context. Picks
      // are made outside of it, so the addresses are noted here.
      picks.put(subchannel, pickOf(args));
      return subchannel;
    }

    @Override
    public void updateBalancingState(ConnectivityState state, SubchannelPicker picker) {
      delegate.updateBalancingState(state, new RecordingPicker(picker, this));
    }
  }

  private static final class RecordingPicker extends SubchannelPicker {

    private final SubchannelPicker delegate;
    private final RecordingHelper root;

    /**
     * The last pick, because most pickers pick the same subchannel again. Not guarded: a race only
     * costs a look-up.
     */
    private @Nullable LastPick last;

    private record LastPick(Subchannel subchannel, Pick pick) {}

    RecordingPicker(SubchannelPicker delegate, RecordingHelper root) {
      this.delegate = delegate;
      this.root = root;
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
      PickResult result = delegate.pickSubchannel(args);
      CallOptions options = args.getCallOptions();
      Pick pick = null;
      for (ClientStreamTracer.Factory factory : options.getStreamTracerFactories()) {
        if (factory instanceof StreamLog log) {
          pick = pick == null ? pick(result) : pick;
          result = recorded(log, args.getHeaders(), pick, result);
        }
      }
      if (pick == null) {
        BuiltChannel channel = options.getOption(BuiltChannel.KEY);
        if (channel != null) {
          channel.pickedBy(root.life);
        } else if (result.getSubchannel() != null && Watches.isRunning()) {
          // The channel was built before the watch was started, so only its picks can be seen.
          return PickTracers.ofUnseenCall(result, pick(result), args);
        }
      }
      return result;
    }

    private PickResult recorded(StreamLog log, Metadata headers, Pick pick, PickResult result) {
      BuiltChannel channel = log.channel();
      if (channel != null) {
        channel.pickedBy(root.life);
      }
      AttemptLog attempt = log.picked(headers, pick);
      return attempt == null || result.getSubchannel() == null
          ? result
          : PickTracers.of(result, attempt);
    }

    private Pick pick(PickResult result) {
      Subchannel subchannel = result.getSubchannel();
      if (subchannel != null) {
        LastPick known = last;
        if (known == null || known.subchannel != subchannel) {
          // The map does not know a subchannel that the policy has wrapped itself.
          known = new LastPick(subchannel, root.picks.getOrDefault(subchannel, OF_UNNAMED));
          last = known;
        }
        return known.pick;
      }
      if (result.getStatus().isOk()) {
        return BUFFERED;
      }
      return Values.pick(
          result.isDrop() ? Pick.Kind.DROP : Pick.Kind.ERROR, Texts.status(result.getStatus()));
    }

    @Override
    public String toString() {
      return delegate.toString();
    }
  }

  private static Pick pickOf(CreateSubchannelArgs args) {
    try {
      StringJoiner all = new StringJoiner(Addresses.AND);
      for (EquivalentAddressGroup group : args.getAddresses()) {
        for (SocketAddress address : group.getAddresses()) {
          all.add(Addresses.text(address));
        }
      }
      return Values.pick(Pick.Kind.SUBCHANNEL, all.toString());
    } catch (RuntimeException e) {
      // An address may be of a user's own class, whose toString may throw.
      return OF_UNNAMED;
    }
  }
}

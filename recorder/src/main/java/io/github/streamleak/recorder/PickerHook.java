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
 * The hook on the picker, and the only process-wide one: for every policy that gRPC knows, a
 * provider of the same name and priority that stands before it in the registry, whose balancer
 * wraps the pickers of the channel's root policy.
 *
 * <p>The same priority, not one more: a provider that a user registers one above gRPC's own has to
 * win over ours as it does over gRPC's. Of equal ones the registry takes the first.
 *
 * <p>Only the root is wrapped. A policy may look at what the child below it hands over:
 * LeastRequestLoadBalancer does not count a pick that carries a tracer already. Child policies come
 * from the same registry as the root; the balancer that is made first for a channel's
 * SynchronizationContext, until it is shut down, is the root.
 */
final class PickerHook {

  private static final Object LOCK = new Object();

  /** Policies that are registered by gRPC in code and not by a service file on every version. */
  private static final List<String> BUILT_IN = List.of("pick_first", "round_robin");

  /** The provider of ours that stands in the registry now, for each policy. */
  @GuardedBy("LOCK")
  private static final Map<String, RecordingProvider> WRAPPED = new HashMap<>();

  /** The channels that have a root policy of ours now, known by their synchronization context. */
  @GuardedBy("LOCK")
  private static final Map<SynchronizationContext, Boolean> ROOTS = new WeakHashMap<>();

  private static final Pick OF_UNNAMED = Values.pick(Pick.Kind.SUBCHANNEL, "a subchannel");

  private static final int FEW_SUBCHANNELS = 2;

  private static final Pick BUFFERED = Values.pick(Pick.Kind.BUFFERED, "");

  private PickerHook() {}

  /**
   * Wraps of every policy the provider that gRPC would take without us. Costs little, and changes
   * nothing while the user registers and deregisters nothing.
   */
  static void install() {
    LoadBalancerRegistry registry = LoadBalancerRegistry.getDefaultRegistry();
    synchronized (LOCK) {
      for (String policy : Policies.FOUND.names()) {
        RecordingProvider known = WRAPPED.get(policy);
        if (known != null && known.isLasting() && known.equals(registry.getProvider(policy))) {
          continue;
        }
        // The registry's own monitor: no channel may see it while a provider is taken out.
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
        // The registry would not take it back; then its picks are not seen.
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

  /** Found once: service files do not change under a running JVM. */
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

    /** What a user registered by hand he may take out again, and then it has to serve no more. */
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
        // Not a channel's helper: a test of a policy, with a helper of its own.
        return delegate.newLoadBalancer(helper);
      }
      if (!becomesRoot(channel)) {
        return delegate.newLoadBalancer(helper);
      }
      RootLife life = new RootLife();
      return new RecordingBalancer(
          delegate.newLoadBalancer(new RecordingHelper(helper, life)), channel, life);
    }
  }

  /** Tells a channel, which outlives it, that its policy is gone; holds on to nothing. */
  private static final class RootLife implements BuiltChannel.Root {
    private volatile boolean shutDown;

    @Override
    public boolean isShutDown() {
      return shutDown;
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
      life.shutDown = true;
      delegate.shutdown();
    }
  }

  private static final class RecordingHelper extends ForwardingLoadBalancerHelper {

    private final Helper delegate;
    private final RootLife life;

    /**
     * What a pick of a subchannel is recorded as: one object for all picks of it. A map for each
     * channel, so that it goes with the channel; weak, since a policy may go through many.
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
      // A subchannel tells its addresses only inside the channel's synchronization context, and a
      // pick is made outside.
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

    /** What was picked last; most pickers pick the same again. A race costs a look-up. */
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
          // The channel was built before the watch was started: it is seen in no other way.
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
          // A policy may hand out its own wrapper: that one we do not know.
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
      // An address of a user's own kind may have a toString that throws.
      return OF_UNNAMED;
    }
  }
}

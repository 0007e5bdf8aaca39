package io.github.streamleak.recorder;

import io.github.streamleak.recorder.StreamEvent.Pick;
import io.grpc.Attributes;
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
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.util.ForwardingClientStreamTracer;
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
  private static final Map<String, RecordingProvider> WRAPPED = new HashMap<>();

  /** The channels that have a root policy of ours now, known by their synchronization context. */
  private static final Map<SynchronizationContext, Boolean> ROOTS = new WeakHashMap<>();

  private static final Map<Subchannel, String> ADDRESSES =
      Collections.synchronizedMap(new WeakHashMap<>());

  private static final String UNNAMED = "a subchannel";

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
      RecordingHelper recording = new RecordingHelper(helper, new RootLife());
      return new RecordingBalancer(delegate.newLoadBalancer(recording), channel, recording);
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
    private final RecordingHelper helper;

    RecordingBalancer(
        LoadBalancer delegate, SynchronizationContext channel, RecordingHelper helper) {
      this.delegate = delegate;
      this.channel = channel;
      this.helper = helper;
    }

    @Override
    protected LoadBalancer delegate() {
      return delegate;
    }

    @Override
    public void shutdown() {
      rootGone(channel);
      helper.life.shutDown = true;
      delegate.shutdown();
      helper.forgetAddresses();
    }
  }

  private static final class RecordingHelper extends ForwardingLoadBalancerHelper {

    private final Helper delegate;
    private final RootLife life;

    /** Used in the channel's synchronization context only. */
    private final Set<Subchannel> subchannels = Collections.newSetFromMap(new WeakHashMap<>(2));

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
      ADDRESSES.put(subchannel, addresses(args));
      subchannels.add(subchannel);
      return subchannel;
    }

    /**
     * Not left to the collector: a map with weak keys holds on to its values until somebody uses it
     * after the next collection.
     */
    void forgetAddresses() {
      subchannels.forEach(ADDRESSES::remove);
      subchannels.clear();
    }

    @Override
    public void updateBalancingState(ConnectivityState state, SubchannelPicker picker) {
      delegate.updateBalancingState(state, new RecordingPicker(picker, life));
    }
  }

  private static final class RecordingPicker extends SubchannelPicker {

    private final SubchannelPicker delegate;
    private final RootLife life;

    RecordingPicker(SubchannelPicker delegate, RootLife life) {
      this.delegate = delegate;
      this.life = life;
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
      PickResult result = delegate.pickSubchannel(args);
      BuiltChannel channel = args.getCallOptions().getOption(BuiltChannel.KEY);
      if (channel != null) {
        channel.pickedBy(life);
      }
      StreamLog log = args.getCallOptions().getOption(StreamLog.KEY);
      if (log == null) {
        return result.getSubchannel() != null && ChannelWatch.seesOnlyPicksOf(args.getCallOptions())
            ? withTracer(result, new TransportTracer.Factory(result, args))
            : result;
      }
      Pick pick = pick(result);
      for (; log != null; log = log.outer()) {
        AttemptLog attempt = log.picked(args.getHeaders(), pick);
        if (attempt != null && result.getSubchannel() != null) {
          result =
              withTracer(
                  result, new PickTracer.Factory(result.getStreamTracerFactory(), log, attempt));
        }
      }
      return result;
    }

    @Override
    public String toString() {
      return delegate.toString();
    }
  }

  private static Pick pick(PickResult result) {
    Subchannel subchannel = result.getSubchannel();
    if (subchannel != null) {
      // A policy may hand out its own wrapper: that one we do not know.
      return new Pick(Pick.Kind.SUBCHANNEL, ADDRESSES.getOrDefault(subchannel, UNNAMED));
    }
    if (result.getStatus().isOk()) {
      return new Pick(Pick.Kind.BUFFERED, "");
    }
    return new Pick(
        result.isDrop() ? Pick.Kind.DROP : Pick.Kind.ERROR, Texts.status(result.getStatus()));
  }

  private static String addresses(CreateSubchannelArgs args) {
    try {
      StringJoiner all = new StringJoiner(", ");
      for (EquivalentAddressGroup group : args.getAddresses()) {
        for (SocketAddress address : group.getAddresses()) {
          all.add(Texts.oneLine(address.toString()));
        }
      }
      return all.toString();
    } catch (RuntimeException e) {
      // An address of a user's own kind may have a toString that throws.
      return UNNAMED;
    }
  }

  /** Adds a tracer to a pick and keeps all else of it, the authority override above all. */
  private static PickResult withTracer(PickResult result, ClientStreamTracer.Factory factory) {
    try {
      return result.copyWithStreamTracerFactory(factory);
    } catch (NoSuchMethodError before180) {
      return Before180.withTracer(result, factory);
    }
  }

  /** A class of its own, so that it is linked only where it is needed. */
  private static final class Before180 {
    static PickResult withTracer(PickResult result, ClientStreamTracer.Factory factory) {
      Subchannel subchannel = result.getSubchannel();
      if (subchannel == null) {
        return result;
      }
      try {
        return PickResult.withSubchannel(subchannel, factory, result.getAuthorityOverride());
      } catch (NoSuchMethodError beforeAuthorityOverride) {
        return PickResult.withSubchannel(subchannel, factory);
      }
    }
  }

  /**
   * The tracer of an attempt whose call nobody has seen: its channel was built before a {@link
   * ChannelWatch} was started. Records the attempt as a stream, and forwards to the policy's own.
   */
  private static final class TransportTracer extends ForwardingClientStreamTracer {

    private final ClientStreamTracer delegate;
    private final ClientStreamTracer recording;

    TransportTracer(ClientStreamTracer delegate, ClientStreamTracer recording) {
      this.delegate = delegate;
      this.recording = recording;
    }

    @Override
    protected ClientStreamTracer delegate() {
      return delegate;
    }

    @Override
    public void streamCreated(Attributes transportAttributes, Metadata headers) {
      recording.streamCreated(transportAttributes, headers);
      super.streamCreated(transportAttributes, headers);
    }

    @Override
    public void inboundTrailers(Metadata trailers) {
      recording.inboundTrailers(trailers);
      super.inboundTrailers(trailers);
    }

    @Override
    public void outboundMessage(int number) {
      recording.outboundMessage(number);
      super.outboundMessage(number);
    }

    @Override
    public void inboundMessage(int number) {
      recording.inboundMessage(number);
      super.inboundMessage(number);
    }

    @Override
    public void streamClosed(Status status) {
      recording.streamClosed(status);
      super.streamClosed(status);
    }

    private static final class Factory extends ClientStreamTracer.Factory {

      private final ClientStreamTracer.@Nullable Factory policys;
      private final Pick pick;
      private final PickSubchannelArgs args;

      Factory(PickResult result, PickSubchannelArgs args) {
        this.policys = result.getStreamTracerFactory();
        this.pick = pick(result);
        this.args = args;
      }

      /** Within the Context of the call, be the pick made at once or later. */
      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        ClientStreamTracer own =
            policys == null
                ? new ClientStreamTracer() {}
                : policys.newClientStreamTracer(info, headers);
        GrpcStreamRecorder recorder = ChannelWatch.ownerOfCall();
        if (recorder == null) {
          return own;
        }
        StreamLog log =
            recorder.newLog(
                args.getMethodDescriptor(),
                args.getCallOptions(),
                /* authority= */ null,
                RecordedSides.TRANSPORT_ONLY);
        if (log == null) {
          return own;
        }
        log.started(null, recorder.capturesStacks() ? new Throwable() : null);
        AttemptLog attempt = log.attemptStarted(info, headers);
        if (attempt == null) {
          return own;
        }
        log.picked(headers, pick);
        log.pickerTracerCreated(attempt);
        ClientStreamTracer recording = new AttemptTracer(log, attempt);
        return new PickTracer(new TransportTracer(own, recording), log, attempt);
      }
    }
  }

  /** The tracer that goes with a pick; its end is picker Done. Forwards to the policy's own. */
  private static final class PickTracer extends ForwardingClientStreamTracer {

    private final ClientStreamTracer delegate;
    private final StreamLog log;
    private final AttemptLog attempt;

    PickTracer(ClientStreamTracer delegate, StreamLog log, AttemptLog attempt) {
      this.delegate = delegate;
      this.log = log;
      this.attempt = attempt;
    }

    @Override
    protected ClientStreamTracer delegate() {
      return delegate;
    }

    @Override
    public void streamClosed(Status status) {
      try {
        delegate.streamClosed(status);
      } finally {
        log.record(EventKind.PICKER_DONE, attempt, 0, status);
      }
    }

    private static final class Factory extends ClientStreamTracer.Factory {

      private final ClientStreamTracer.@Nullable Factory policys;
      private final StreamLog log;
      private final AttemptLog attempt;

      Factory(ClientStreamTracer.@Nullable Factory policys, StreamLog log, AttemptLog attempt) {
        this.policys = policys;
        this.log = log;
        this.attempt = attempt;
      }

      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        ClientStreamTracer own =
            policys == null
                ? new ClientStreamTracer() {}
                : policys.newClientStreamTracer(info, headers);
        log.pickerTracerCreated(attempt);
        return new PickTracer(own, log, attempt);
      }
    }
  }
}

package io.github.streamleak.benchmarks;

import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.OpenTelemetrySdkBuilder;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.lang.reflect.Method;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What looks at the calls of a channel.
 *
 * <p>In the order in which they must be set up in one JVM: a recorder puts its hook under every
 * policy that is made after it, and a watch one into every channel that is built after it, so that
 * what is bare has to be there and connected before.
 */
enum Variant {
  BARE,
  /** An interceptor with a call, a listener and a tracer that only forward: the least a hook is. */
  FORWARDING,
  /** The same, reading the clock at each event: the least if an event is to have its time. */
  FORWARDING_CLOCK,
  /** The same as {@link #FORWARDING} with a {@code Throwable} kept that nobody reads. */
  FORWARDING_STACK,
  /**
   * Both: the least that a recorder of what DESIGN 6 asks can cost. It has no hook on the picker.
   */
  FLOOR,
  OTEL_METRICS,
  OTEL_TRACING,
  OTEL_BOTH,
  RECORDER,
  RECORDER_NO_STACKS,
  WATCH;

  /** Asked by the watch; null while another variant has its turn. */
  private static final AtomicReference<@Nullable GrpcStreamRecorder> WATCHED =
      new AtomicReference<>();

  /** A connected channel of a variant. */
  static final class Wired implements AutoCloseable {
    private final ManagedChannel channel;
    private final @Nullable GrpcStreamRecorder watcher;

    Wired(ManagedChannel channel, @Nullable GrpcStreamRecorder watcher) {
      this.channel = channel;
      this.watcher = watcher;
    }

    /** Makes it this one's turn, and returns its channel. */
    Channel turn() {
      WATCHED.set(watcher);
      return channel;
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  /** Builds a channel and makes one call on it, so that it has its policy and is connected. */
  Wired wire(Supplier<ManagedChannelBuilder<?>> builders) {
    if (this == WATCH) {
      // A builder is given the watch's interceptor when it is made.
      Watch.START.refresh();
    }
    ManagedChannelBuilder<?> builder = builders.get();
    GrpcStreamRecorder watcher = null;
    switch (this) {
      case BARE -> {
        // As it is.
      }
      case FORWARDING -> builder.intercept(new Forwarding(false, false));
      case FORWARDING_CLOCK -> builder.intercept(new Forwarding(true, false));
      case FORWARDING_STACK -> builder.intercept(new Forwarding(false, true));
      case FLOOR -> builder.intercept(new Forwarding(true, true));
      case OTEL_METRICS -> OpenTelemetry.add(true, false, builder);
      case OTEL_TRACING -> OpenTelemetry.add(false, true, builder);
      case OTEL_BOTH -> OpenTelemetry.add(true, true, builder);
      case RECORDER -> recorder(true).attachTo(builder);
      case RECORDER_NO_STACKS -> recorder(false).attachTo(builder);
      case WATCH -> watcher = recorder(true);
    }
    Wired wired = new Wired(builder.build(), watcher);
    Echo.unary(wired.turn());
    return wired;
  }

  private static GrpcStreamRecorder recorder(boolean stacks) {
    return GrpcStreamRecorder.builder().captureStacks(stacks).build();
  }

  private static final class Watch {
    static final ChannelWatch START = ChannelWatch.start(WATCHED::get);
  }

  /** Spans and measurements are made and then dropped: exporting them is no part of a call. */
  private static final class OpenTelemetry {
    static void add(boolean metrics, boolean tracing, ManagedChannelBuilder<?> channel) {
      OpenTelemetrySdkBuilder sdk = OpenTelemetrySdk.builder();
      if (metrics) {
        sdk.setMeterProvider(
            SdkMeterProvider.builder().registerMetricReader(InMemoryMetricReader.create()).build());
      }
      if (tracing) {
        sdk.setTracerProvider(SdkTracerProvider.builder().build());
      }
      GrpcOpenTelemetry.Builder builder = GrpcOpenTelemetry.newBuilder().sdk(sdk.build());
      if (!metrics) {
        builder.disableAllMetrics();
      }
      try {
        // Tracing has no public switch but an environment variable. This sets a static field that
        // is read when a channel is configured, so that it holds for this one.
        Method enable =
            GrpcOpenTelemetry.Builder.class.getDeclaredMethod("enableTracing", boolean.class);
        enable.setAccessible(true);
        enable.invoke(builder, tracing);
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("GrpcOpenTelemetry.Builder.enableTracing is gone", e);
      }
      builder.build().configureChannelBuilder(channel);
    }
  }

  private record Forwarding(boolean clock, boolean stacks) implements ClientInterceptor {
    @Override
    public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
        MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
      CallRecord kept = new CallRecord(clock);
      return new ForwardingCall<>(
          next.newCall(method, options.withStreamTracerFactory(kept)), kept, stacks);
    }
  }

  /** What is kept of a call: the time of the last event, and the stack. Makes its tracers, too. */
  private static final class CallRecord extends ClientStreamTracer.Factory {
    private final boolean clock;

    @SuppressWarnings("unused") // Kept, so that it is read at all.
    private long last;

    @SuppressWarnings("unused") // Kept, so that it is made at all.
    private @Nullable Throwable opening;

    CallRecord(boolean clock) {
      this.clock = clock;
    }

    void event() {
      if (clock) {
        last = System.nanoTime();
      }
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      event();
      return new ForwardingTracer(this);
    }
  }

  private static final class ForwardingTracer extends ClientStreamTracer {
    private final CallRecord kept;

    ForwardingTracer(CallRecord kept) {
      this.kept = kept;
    }

    @Override
    public void streamCreated(Attributes transportAttributes, Metadata headers) {
      kept.event();
    }

    @Override
    public void outboundHeaders() {
      kept.event();
    }

    @Override
    public void inboundHeaders() {
      kept.event();
    }

    @Override
    public void inboundTrailers(Metadata trailers) {
      kept.event();
    }

    @Override
    public void outboundMessage(int number) {
      kept.event();
    }

    @Override
    public void inboundMessage(int number) {
      kept.event();
    }

    @Override
    public void streamClosed(Status status) {
      kept.event();
    }
  }

  private static final class ForwardingCall<ReqT, RespT>
      extends SimpleForwardingClientCall<ReqT, RespT> {

    private final CallRecord kept;
    private final boolean stacks;

    ForwardingCall(ClientCall<ReqT, RespT> call, CallRecord kept, boolean stacks) {
      super(call);
      this.kept = kept;
      this.stacks = stacks;
    }

    @Override
    public void start(Listener<RespT> listener, Metadata headers) {
      kept.opening = stacks ? new Throwable() : null;
      kept.event();
      delegate().start(new ForwardingListener<>(listener, kept), headers);
    }

    @Override
    public void request(int count) {
      kept.event();
      delegate().request(count);
    }

    @Override
    public void sendMessage(ReqT message) {
      kept.event();
      delegate().sendMessage(message);
    }

    @Override
    public void halfClose() {
      kept.event();
      delegate().halfClose();
    }
  }

  private static final class ForwardingListener<RespT>
      extends SimpleForwardingClientCallListener<RespT> {

    private final CallRecord kept;

    ForwardingListener(ClientCall.Listener<RespT> listener, CallRecord kept) {
      super(listener);
      this.kept = kept;
    }

    @Override
    public void onHeaders(Metadata headers) {
      kept.event();
      delegate().onHeaders(headers);
    }

    @Override
    public void onMessage(RespT message) {
      kept.event();
      delegate().onMessage(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      kept.event();
      delegate().onClose(status, trailers);
    }
  }
}

package io.github.streamleak.recorder;

import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.Pick;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.util.ForwardingClientStreamTracer;
import org.jspecify.annotations.Nullable;

/**
 * The tracers that are handed to gRPC with a pick. When gRPC closes such a tracer, that is picker
 * Done, which grpc-go reports to its balancer through a callback.
 *
 * <p>A pick has room for one tracer, and the load balancing policy may want one, to count the
 * streams in flight. So each of ours forwards to the policy's own, and the policy does not notice.
 * There are two kinds: one tells an attempt of picker Done, and one also records an attempt whose
 * call nobody has seen.
 */
final class PickTracers {

  private static final ClientStreamTracer NO_TRACER = new ClientStreamTracer() {};

  private PickTracers() {}

  /** Returns {@code result} with a tracer that tells {@code attempt} of picker Done. */
  static PickResult of(PickResult result, AttemptLog attempt) {
    return withTracer(result, new PickTracer.Factory(result.getStreamTracerFactory(), attempt));
  }

  /**
   * Returns {@code result} with a tracer for an attempt whose call nobody has seen, since its
   * channel was built before the watch was started. The tracer records the attempt as a stream if a
   * watch names an owner.
   */
  static PickResult ofUnseenCall(PickResult result, Pick pick, PickSubchannelArgs args) {
    return withTracer(result, new TransportTracer.Factory(result, pick, args));
  }

  /**
   * Returns {@code result} with another tracer. All else stays, above all the authority override.
   */
  private static PickResult withTracer(PickResult result, ClientStreamTracer.Factory factory) {
    try {
      return result.copyWithStreamTracerFactory(factory);
    } catch (NoSuchMethodError before180) {
      return Before180.withTracer(result, factory);
    }
  }

  /** Does so for older versions of gRPC. A separate class, so that it is linked only with these. */
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
   * The tracer of an attempt whose call nobody has seen, since its channel was built before a
   * {@link ChannelWatch} was started. It records the attempt, and forwards to the policy's own
   * tracer.
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

      Factory(PickResult result, Pick pick, PickSubchannelArgs args) {
        this.policys = result.getStreamTracerFactory();
        this.pick = pick;
        this.args = args;
      }

      // gRPC calls this within the Context of the call, whether the pick is made at once or later:
      // so the watch can tell whose call it is.
      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        ClientStreamTracer own =
            policys == null ? NO_TRACER : policys.newClientStreamTracer(info, headers);
        Recording.Charge charge = Watches.ownerOfCall(null);
        if (charge == null) {
          return own;
        }
        Recording recording = charge.recording();
        StreamLog log =
            recording.newLog(
                args.getMethodDescriptor(),
                args.getCallOptions(),
                /* authority= */ null,
                Coverage.TRANSPORT_ONLY,
                /* channel= */ null);
        if (log == null) {
          return own;
        }
        if (!charge.note().isEmpty()) {
          log.openedFor(charge.owner(), charge.note());
        }
        log.started(null, recording.openingStack());
        AttemptLog attempt = log.attemptStarted(info, headers);
        if (attempt == null) {
          return own;
        }
        log.picked(headers, pick);
        attempt.pickerTracerCreated();
        return new PickTracer(new TransportTracer(own, attempt), attempt);
      }
    }
  }

  /** The tracer whose end is picker Done. It forwards to the policy's own tracer. */
  private static final class PickTracer extends ForwardingClientStreamTracer {

    private final ClientStreamTracer delegate;
    private final AttemptLog attempt;

    PickTracer(ClientStreamTracer delegate, AttemptLog attempt) {
      this.delegate = delegate;
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
        attempt.pickerDone(status);
      }
    }

    private static final class Factory extends ClientStreamTracer.Factory {

      private final ClientStreamTracer.@Nullable Factory policys;
      private final AttemptLog attempt;

      Factory(ClientStreamTracer.@Nullable Factory policys, AttemptLog attempt) {
        this.policys = policys;
        this.attempt = attempt;
      }

      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        ClientStreamTracer own =
            policys == null ? NO_TRACER : policys.newClientStreamTracer(info, headers);
        attempt.pickerTracerCreated();
        return new PickTracer(own, attempt);
      }
    }
  }
}

package io.github.streamleak.conformance;

import io.github.streamleak.testsupport.Wire;
import io.grpc.StatusRuntimeException;
import io.grpc.channelz.v1.Channel;
import io.grpc.channelz.v1.ChannelData;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetSubchannelRequest;
import io.grpc.channelz.v1.GetTopChannelsRequest;
import io.grpc.channelz.v1.GetTopChannelsResponse;
import io.grpc.channelz.v1.SubchannelRef;
import io.grpc.protobuf.services.ChannelzService;
import java.util.Optional;

/** gRPC's own counters, read through the service that it publishes them by. */
final class Channelz {

  private static final Channelz INSTANCE = new Channelz();

  private final ChannelzGrpc.ChannelzBlockingStub stub;

  /** Calls that have been started on a channel and on its subchannels, and have not ended. */
  record InFlight(long calls, long attempts) {}

  private Channelz() {
    // For as long as the JVM lives.
    Wire wire = Wire.direct("channelz", ChannelzService.newInstance(10_000));
    stub = ChannelzGrpc.newBlockingStub(wire.channel(builder -> {}));
  }

  /** Returns the counters of the channel to {@code target}; empty once it is shut down. */
  static Optional<InFlight> inFlight(String target) {
    return INSTANCE.read(target);
  }

  private Optional<InFlight> read(String target) {
    long from = 0;
    while (true) {
      GetTopChannelsResponse page =
          stub.getTopChannels(GetTopChannelsRequest.newBuilder().setStartChannelId(from).build());
      for (Channel channel : page.getChannelList()) {
        if (channel.getData().getTarget().equals(target)) {
          long attempts = 0;
          for (SubchannelRef subchannel : channel.getSubchannelRefList()) {
            attempts += open(subchannel);
          }
          return Optional.of(new InFlight(open(channel.getData()), attempts));
        }
        from = channel.getRef().getChannelId() + 1;
      }
      if (page.getEnd()) {
        return Optional.empty();
      }
    }
  }

  private long open(SubchannelRef subchannel) {
    try {
      return open(
          stub.getSubchannel(
                  GetSubchannelRequest.newBuilder()
                      .setSubchannelId(subchannel.getSubchannelId())
                      .build())
              .getSubchannel()
              .getData());
    } catch (StatusRuntimeException e) {
      // Gone since it was named.
      return 0;
    }
  }

  private static long open(ChannelData data) {
    return data.getCallsStarted() - data.getCallsSucceeded() - data.getCallsFailed();
  }
}

package io.github.streamleak.recorder;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.net.SocketAddress;

/** The hook on an attempt: what the transport sent and received. */
final class AttemptTracer extends ClientStreamTracer {

  private final StreamLog log;
  private final AttemptLog attempt;

  AttemptTracer(StreamLog log, AttemptLog attempt) {
    this.log = log;
    this.attempt = attempt;
  }

  @Override
  public void streamCreated(Attributes transportAttributes, Metadata headers) {
    SocketAddress remote = transportAttributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    log.record(EventKind.TRANSPORT_STREAM_CREATED, attempt, 0, remote);
  }

  @Override
  public void outboundHeaders() {
    log.record(EventKind.ATTEMPT_HEADERS_SENT, attempt, 0, null);
  }

  // The variant with headers calls this one by default, in every version that has it.
  @Override
  public void inboundHeaders() {
    log.record(EventKind.ATTEMPT_HEADERS_RECEIVED, attempt, 0, null);
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    boolean last = AttemptOutlook.isForbiddenBy(trailers);
    log.record(EventKind.TRAILERS_RECEIVED, attempt, 0, last ? Boolean.TRUE : null);
  }

  @Override
  public void outboundMessage(int number) {
    log.record(EventKind.ATTEMPT_SENT, attempt, number, null);
  }

  @Override
  public void inboundMessage(int number) {
    log.record(EventKind.ATTEMPT_RECEIVED, attempt, number, null);
  }

  @Override
  public void streamClosed(Status status) {
    log.record(EventKind.ATTEMPT_CLOSED, attempt, 0, status);
  }

  /** Makes a tracer for each attempt of a stream. */
  static final class Factory extends ClientStreamTracer.Factory {

    private final StreamLog log;

    Factory(StreamLog log) {
      this.log = log;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
      AttemptLog attempt = log.attemptStarted(info, headers);
      return attempt == null ? new ClientStreamTracer() {} : new AttemptTracer(log, attempt);
    }
  }
}

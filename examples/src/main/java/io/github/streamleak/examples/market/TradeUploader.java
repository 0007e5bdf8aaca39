package io.github.streamleak.examples.market;

import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Uploads trades through the asynchronous stub. */
public final class TradeUploader {
  private final MarketGrpc.MarketStub market;

  /** Creates an uploader that opens its calls on {@code channel}. */
  public TradeUploader(Channel channel) {
    this.market = MarketGrpc.newStub(channel);
  }

  // snippet:upload
  /** Uploads the trades; where reading them fails, the upload is taken back. */
  public CompletableFuture<UploadSummary> upload(Iterable<Trade> trades) {
    CompletableFuture<UploadSummary> summary = new CompletableFuture<>();
    StreamObserver<Trade> upload = market.upload(new SummaryObserver(summary));
    try {
      trades.forEach(upload::onNext);
    } catch (RuntimeException e) {
      upload.onError(e);
      throw e;
    }
    upload.onCompleted();
    return summary;
  }

  // end:upload

  private record SummaryObserver(CompletableFuture<UploadSummary> summary)
      implements StreamObserver<UploadSummary> {
    @Override
    public void onNext(UploadSummary value) {
      summary.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      summary.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      // The summary has come with onNext.
    }
  }
}

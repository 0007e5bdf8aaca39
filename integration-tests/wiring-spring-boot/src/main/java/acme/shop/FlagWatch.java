package acme.shop;

import acme.shop.v1.Flag;
import acme.shop.v1.FlagValue;
import acme.shop.v1.FlagsGrpc;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.stereotype.Component;

/** Watches a flag from the start of the application to its end. */
@Component
final class FlagWatch implements ApplicationRunner, StreamObserver<FlagValue> {

  private final ObjectProvider<FlagsGrpc.FlagsStub> flags;
  private final CompletableFuture<Boolean> open = new CompletableFuture<>();

  FlagWatch(ObjectProvider<FlagsGrpc.FlagsStub> flags) {
    this.flags = flags;
  }

  @Override
  public void run(ApplicationArguments args) {
    flags.getObject().watch(Flag.newBuilder().setName("open").build(), this);
    open.join();
  }

  boolean isShopOpen() {
    return open.join();
  }

  @Override
  public void onNext(FlagValue value) {
    open.complete(value.getOn());
  }

  @Override
  public void onError(Throwable t) {
    open.completeExceptionally(t);
  }

  @Override
  public void onCompleted() {}
}

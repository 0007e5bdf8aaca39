package acme.shop;

import acme.shop.v1.Flag;
import acme.shop.v1.FlagValue;
import acme.shop.v1.FlagsGrpc;
import io.grpc.stub.StreamObserver;
import org.springframework.stereotype.Service;

@Service
final class FlagService extends FlagsGrpc.FlagsImplBase {

  @Override
  public void watch(Flag flag, StreamObserver<FlagValue> values) {
    values.onNext(FlagValue.newBuilder().setOn(true).build());
  }
}

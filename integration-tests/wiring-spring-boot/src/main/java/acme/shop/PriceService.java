package acme.shop;

import acme.shop.v1.Item;
import acme.shop.v1.Price;
import acme.shop.v1.PricesGrpc;
import io.grpc.stub.StreamObserver;
import org.springframework.stereotype.Service;

@Service
final class PriceService extends PricesGrpc.PricesImplBase {

  private static final int PRICES = 5;

  @Override
  public void watch(Item item, StreamObserver<Price> prices) {
    for (int i = 0; i < PRICES; i++) {
      prices.onNext(Price.newBuilder().setItem(item.getName()).setCents(100 + i).build());
    }
    prices.onCompleted();
  }
}

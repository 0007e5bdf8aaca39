package io.github.streamleak.examples.market.docs;

import static io.github.streamleak.examples.market.Requests.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.examples.market.MarketGrpc;
import io.github.streamleak.examples.market.MarketService;
import io.github.streamleak.examples.market.Price;
import io.github.streamleak.examples.market.Received;
import io.github.streamleak.examples.market.SubscribeRequest;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

// snippet:class-scope
@GrpcStreamLeakCheck
class ClassScopeTest {
  @Serve static final MarketService MARKET = new MarketService();

  private static final Received<Price> PRICES = new Received<>();
  private static StreamObserver<SubscribeRequest> subscriptions;

  @BeforeAll
  static void open(MarketGrpc.MarketStub stub) {
    subscriptions = stub.subscribe(PRICES); // belongs to the class
  }

  @AfterAll
  static void close() {
    subscriptions.onCompleted(); // without this line the class fails
  }

  @Test
  void firstPriceIsThatOfTheOpening() throws Exception {
    subscriptions.onNext(subscribe("ACME"));
    assertThat(PRICES.next().getCents()).isEqualTo(100_00);
  }
}

// end:class-scope

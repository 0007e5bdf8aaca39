package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import acme.shop.v1.FlagValue;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.annotation.DirtiesContext;

/** What a test opens and Spring closes with the application, right after the test. */
@SpringBootTest(properties = "spring.application.name=closed")
class ClosedSuite {

  @Autowired private Catalogue catalogue;

  @Test
  @DirtiesContext
  void isClosedWithTheApplication() {
    CompletableFuture<Boolean> on = new CompletableFuture<>();
    catalogue.watchFlag(
        "night",
        new StreamObserver<>() {
          @Override
          public void onNext(FlagValue value) {
            on.complete(value.getOn());
          }

          @Override
          public void onError(Throwable t) {
            on.completeExceptionally(t);
          }

          @Override
          public void onCompleted() {}
        });
    assertThat(on.join()).isTrue();
  }
}

package acme.shop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.grpc.test.autoconfigure.AutoConfigureTestGrpcTransport;
import org.springframework.boot.test.context.SpringBootTest;

/** On the transport that Spring Boot has for tests. */
@SpringBootTest
@AutoConfigureTestGrpcTransport
class InProcessSuite {

  @Autowired private Catalogue catalogue;

  @Test
  void leaksInProcess() {
    assertThat(catalogue.firstPrice("salt").getCents()).isEqualTo(100);
  }

  @Test
  void readsAll() {
    assertThat(catalogue.allPrices("salt")).hasSize(5);
  }
}

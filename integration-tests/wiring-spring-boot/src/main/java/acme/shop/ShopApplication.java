package acme.shop;

import acme.shop.v1.FlagsGrpc;
import acme.shop.v1.PricesGrpc;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.grpc.client.ImportGrpcClients;
import org.springframework.scheduling.annotation.EnableScheduling;

/** A shop that serves its prices, and is its own client. */
@SpringBootApplication
@EnableScheduling
@ImportGrpcClients(
    target = "shop",
    types = {PricesGrpc.PricesBlockingStub.class, FlagsGrpc.FlagsStub.class})
public class ShopApplication {

  /** Opens the shop. */
  public static void main(String[] args) {
    SpringApplication.run(ShopApplication.class, args);
  }
}

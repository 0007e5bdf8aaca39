package io.github.streamleak.conformance.reactive;

import acme.market.Command;
import acme.market.MarketGrpc;
import acme.market.Price;
import io.github.streamleak.testsupport.CommandServer;
import java.util.List;

/** A market that does what the first message tells it, with the messages that protoc generates. */
public final class MarketServer extends CommandServer<Command, Price> {

  /** Takes its methods from the service that is generated here. */
  public MarketServer() {
    super(
        List.of(
            MarketGrpc.getQuoteMethod(),
            MarketGrpc.getWatchMethod(),
            MarketGrpc.getUploadMethod(),
            MarketGrpc.getSubscribeMethod()),
        Command::getText,
        text -> Price.newBuilder().setText(text).build());
  }

  /** Returns the command of that text. */
  public static Command command(String text) {
    return Command.newBuilder().setText(text).build();
  }
}

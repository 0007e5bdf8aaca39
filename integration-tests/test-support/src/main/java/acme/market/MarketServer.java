package acme.market;

import io.github.streamleak.testsupport.CommandServer;
import java.util.function.Function;

/** The service behind {@link MarketGrpc}, which does what it is told. */
public class MarketServer extends CommandServer<String, String> {

  public MarketServer() {
    super(MarketGrpc.METHODS, Function.identity(), Function.identity());
  }
}

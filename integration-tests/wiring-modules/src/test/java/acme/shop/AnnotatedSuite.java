package acme.shop;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.junit.Serve;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/** Has a server and a channel of the check's own. */
@GrpcStreamLeakCheck
class AnnotatedSuite {

  @Serve final Shop shop = new Shop();

  private static Iterator<String> watch(Channel channel) {
    return ClientCalls.blockingServerStreamingCall(channel, Shop.WATCH, CallOptions.DEFAULT, "tea");
  }

  @Test
  void leavesAnInjectedOne(Channel channel) {
    watch(channel).next();
  }

  @Test
  void readsAnInjectedOne(Channel channel) {
    watch(channel).forEachRemaining(price -> {});
  }
}

package acme.shop;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import io.grpc.Channel;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Else the suite would show nothing about modules. */
class ModulesSuite {

  @Test
  void eachJarIsAModule() {
    Assertions.assertEquals(
        List.of(
            "acme.shop",
            "io.github.streamleak.junit",
            "io.github.streamleak.recorder",
            "io.grpc",
            "org.junit.jupiter.api"),
        Stream.of(
                ModulesSuite.class,
                GrpcStreamLeakCheck.class,
                GrpcStreamRecorder.class,
                Channel.class,
                Test.class)
            .map(type -> type.getModule().getName())
            .toList());
  }

  /** An automatic module, such as gRPC's, is open to all: no option is needed. */
  @Test
  void configuratorsAreWithinReach() {
    Assertions.assertTrue(Channel.class.getModule().getDescriptor().isAutomatic());
    try (ChannelWatch watch = ChannelWatch.start(() -> null)) {
      Assertions.assertEquals(Coverage.WHOLE, watch.coverage());
    }
  }
}

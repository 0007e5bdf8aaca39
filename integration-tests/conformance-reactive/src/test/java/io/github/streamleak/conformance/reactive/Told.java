package io.github.streamleak.conformance.reactive;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A recorded channel on direct executors and a clock that stands still, so that the text of a
 * verdict is the same in every run.
 */
public final class Told implements AutoCloseable {

  /** What is said of one stream that has not leaked. */
  public static final String PASSES = "1 gRPC client stream recorded, none leaked";

  /** Of a leak: its program has done all that it does when it returns. */
  private static final Duration GRACE = Duration.ofMillis(20);

  private static final StreamLeakPolicy LEAKS_ONLY =
      StreamLeakPolicy.normal().strictness(Strictness.LENIENT);

  /** The channel. */
  public final ManagedChannel channel;

  private final GrpcStreamRecorder recorder =
      GrpcStreamRecorder.builder().clock(() -> 0).quietTime(Duration.ofMillis(10)).build();
  private final String name = InProcessServerBuilder.generateName();
  private final Server server;
  private final String source;

  /** Serves the market to {@code test}, whose source is below {@code sources}. */
  public Told(Path sources, Class<?> test) {
    String file = test.getName().replace('.', '/');
    boolean kotlin = sources.endsWith("kotlin");
    try {
      source = Files.readString(sources.resolve(file + (kotlin ? ".kt" : ".java")));
      server =
          InProcessServerBuilder.forName(name)
              .directExecutor()
              .addService(new MarketServer())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = recorder.attachTo(InProcessChannelBuilder.forName(name).directExecutor()).build();
  }

  /**
   * Judges a leak, and returns the text without the numbers of lines. Whatever code the text says
   * to write has to be in the test's own source, in a twin: so it compiles, and so it mends. There
   * what a placeholder stands for has the placeholder's name.
   */
  public String text() {
    StreamVerdict verdict = recorder.check(LEAKS_ONLY, GRACE);
    String compiled = squeezed(source.replaceAll("(?s)\"\"\".*?\"\"\"", ""));
    verdict.leaks().stream()
        .flatMap(leak -> leak.remedy().lines().stream())
        .map(line -> squeezed(line.replaceAll("(^|  )//.*", "").replaceAll("<your (\\w+)>", "$1")))
        .forEach(code -> assertThat(compiled).contains(code));
    return stable(verdict);
  }

  /** Judges a stream that is to be released, and returns the text. */
  public String textOfATwin() {
    return stable(recorder.check(LEAKS_ONLY, Run.LIMIT));
  }

  private String stable(StreamVerdict verdict) {
    return Fixtures.stable(verdict.describe())
        .replaceAll("(\\.(?:java|kt)):\\d+\\)", "$1:LINE)")
        .replace(name, "market");
  }

  private static String squeezed(String code) {
    return code.replaceAll("\\s", "");
  }

  @Override
  public void close() {
    recorder.releaseLeaked();
    channel.shutdownNow();
    server.shutdownNow();
    recorder.close();
  }
}

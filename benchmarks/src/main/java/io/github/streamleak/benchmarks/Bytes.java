package io.github.streamleak.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * What a call and a message allocate, to the byte: by the one thread there is, in a JVM that
 * allocates whatever the code says. With C2, which {@link Grid} has, the bare channel takes 250
 * bytes more in one run than in another.
 */
final class Bytes {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Effort effort;

  Bytes(Effort effort) {
    this.effort = effort;
  }

  List<Row> measure() {
    Map<Variant, Variant.Wired> wired = new EnumMap<>(Variant.class);
    List<Row> rows = new ArrayList<>();
    try (Transport.Served served = Transport.DIRECT.serve(new Echo())) {
      for (Variant variant : Variant.values()) {
        wired.put(variant, variant.wire(served.builder()));
      }
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(effort.warmUpMillis());
      do {
        for (Variant.Wired channel : wired.values()) {
          Shape.UNARY.run(channel.turn(), 20);
          Echo.stream(channel.turn(), 10);
          Echo.pingPong(channel.turn(), 10);
        }
      } while (System.nanoTime() < end);
      for (int frames : new int[] {20, 80}) {
        rows.addAll(
            rows(
                "a unary call, " + frames + " frames", wired, channel -> perCall(channel, frames)));
      }
      rows.addAll(rows("a message of a server stream", wired, this::perMessage));
      rows.addAll(rows("a ping and its pong", wired, this::perPing));
    }
    return rows;
  }

  private interface Figure {
    double of(Variant.Wired channel);
  }

  private List<Row> rows(String name, Map<Variant, Variant.Wired> wired, Figure figure) {
    List<Row> rows = new ArrayList<>();
    double bare = Double.NaN;
    for (Map.Entry<Variant, Variant.Wired> one : wired.entrySet()) {
      double bytes = figure.of(Objects.requireNonNull(one.getValue()));
      boolean isBare = one.getKey() == Variant.BARE;
      bare = isBare ? bytes : bare;
      rows.add(
          Row.of(
              "bytes",
              name,
              one.getKey().name(),
              isBare ? "B" : "B more",
              Interval.exactly(isBare ? bytes : bytes - bare)));
    }
    return rows;
  }

  private double perCall(Variant.Wired channel, int frames) {
    return middle(() -> Shape.UNARY.run(channel.turn(), frames), effort.longStream() / 1_000);
  }

  private double perMessage(Variant.Wired channel) {
    return perUnit(length -> Echo.stream(channel.turn(), length));
  }

  private double perPing(Variant.Wired channel) {
    return perUnit(length -> Echo.pingPong(channel.turn(), length));
  }

  /** Of a stream twice as long, less that of the stream: what is left is messages. */
  private double perUnit(IntConsumer stream) {
    int length = Math.min(10_000, effort.longStream());
    int times = effort.warmUps() + effort.rounds();
    return (middle(() -> stream.accept(2 * length), times)
            - middle(() -> stream.accept(length), times))
        / length;
  }

  /** Of many times: now and then something grows, be it for all calls or in one that was slow. */
  private static double middle(Runnable work, int times) {
    double[] bytes = new double[Math.max(1, times)];
    for (int i = 0; i < bytes.length; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      work.run();
      bytes[i] = THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    Arrays.sort(bytes);
    return bytes[bytes.length / 2];
  }
}

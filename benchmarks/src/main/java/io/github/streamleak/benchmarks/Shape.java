package io.github.streamleak.benchmarks;

import io.grpc.Channel;

/** What is done on a channel, and how many units of it a figure is per. */
enum Shape {
  UNARY(1),
  STREAM_1_000(1_000),
  STREAM_100_000(100_000),
  PING_PONG_100(100),
  /** A stream that stays open. */
  LEFT_OPEN(1);

  final int units;

  Shape(int units) {
    this.units = units;
  }

  /** Runs once, with {@code frames} frames on the stack below the call. */
  void run(Channel channel, int frames) {
    // This frame and the descent's own frames count.
    descend(channel, frames - StackDepth.HERE - 1);
  }

  private void descend(Channel channel, int more) {
    if (more > 0) {
      descend(channel, more - 1);
    } else {
      call(channel);
    }
  }

  private void call(Channel channel) {
    switch (this) {
      case UNARY -> Echo.unary(channel);
      case LEFT_OPEN -> Echo.open(channel);
      case PING_PONG_100 -> Echo.pingPong(channel, units);
      default -> Echo.stream(channel, units);
    }
  }

  /** How deep a benchmark is before it calls {@link #run}: the same in each JVM, within a few. */
  private static final class StackDepth {
    static final int HERE = StackWalker.getInstance().walk(frames -> (int) frames.count());
  }
}

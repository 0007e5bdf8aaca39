package io.github.streamleak.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

/** What was measured of each of several things, round by round. */
final class Samples<K> {

  private final Map<K, double[]> samples = new LinkedHashMap<>();

  Samples(List<K> things, int rounds) {
    things.forEach(thing -> samples.put(thing, new double[rounds]));
  }

  void put(K thing, int round, double sample) {
    of(thing)[round] = sample;
  }

  double[] of(K thing) {
    return Objects.requireNonNull(samples.get(thing));
  }

  void forEach(BiConsumer<K, double[]> action) {
    samples.forEach(action);
  }
}

package io.github.streamleak.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

/** What was measured of each of several things, round by round. */
final class Samples<K> {

  private final Map<K, List<Double>> samples = new LinkedHashMap<>();

  Samples(List<K> things) {
    things.forEach(thing -> samples.put(thing, new ArrayList<>()));
  }

  /** Adds the sample of the next round. */
  void add(K thing, double sample) {
    Objects.requireNonNull(samples.get(thing)).add(sample);
  }

  double[] of(K thing) {
    return Objects.requireNonNull(samples.get(thing)).stream()
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  void forEach(BiConsumer<K, double[]> action) {
    samples.keySet().forEach(thing -> action.accept(thing, of(thing)));
  }
}

package io.github.streamleak.benchmarks;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;

/** A figure and the 95 % interval that the rounds of the run leave for it. */
record Interval(double value, double low, double high) {

  private static final int RESAMPLES = 1_000;

  /**
   * Works {@code statistic} out over all rounds, and again over rounds drawn from them with
   * repetition: the middle 95 % of these is the interval (bootstrap). It says how far the rounds
   * agree, not how another machine would do.
   *
   * @param statistic takes the indices of the rounds to use
   */
  static Interval bootstrap(int rounds, ToDoubleFunction<int[]> statistic) {
    int[] all = new int[rounds];
    Arrays.setAll(all, i -> i);
    // Fixed: the same measurements give the same interval.
    Random random = new Random(1);
    double[] resampled = new double[RESAMPLES];
    Arrays.setAll(
        resampled,
        i -> {
          int[] drawn = new int[rounds];
          Arrays.setAll(drawn, j -> random.nextInt(rounds));
          return statistic.applyAsDouble(drawn);
        });
    Arrays.sort(resampled);
    return new Interval(
        statistic.applyAsDouble(all),
        resampled[RESAMPLES * 25 / 1000],
        resampled[RESAMPLES * 975 / 1000 - 1]);
  }

  /** The median of {@code ours / theirs} over the rounds; each round is measured at one time. */
  static Interval ratio(double[] ours, double[] theirs) {
    return bootstrap(ours.length, rounds -> median(rounds, i -> ours[i] / theirs[i]));
  }

  /** The median of {@code ours - theirs} over the rounds. */
  static Interval difference(double[] ours, double[] theirs) {
    return bootstrap(ours.length, rounds -> median(rounds, i -> ours[i] - theirs[i]));
  }

  /** What ours adds to bare, against what another adds. */
  static Interval addedCost(double[] ours, double[] bare, double[] other) {
    return bootstrap(
        ours.length,
        rounds -> median(rounds, i -> ours[i] - bare[i]) / median(rounds, i -> other[i] - bare[i]));
  }

  static Interval of(double[] samples) {
    return bootstrap(samples.length, rounds -> median(rounds, i -> samples[i]));
  }

  static Interval exactly(double value) {
    return new Interval(value, value, value);
  }

  private static double median(int[] rounds, IntToDoubleFunction valueOfRound) {
    double[] values = new double[rounds.length];
    Arrays.setAll(values, i -> valueOfRound.applyAsDouble(rounds[i]));
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }
}

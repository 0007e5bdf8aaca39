package io.github.streamleak.benchmarks;

/**
 * How long to measure.
 *
 * @param rounds how many rounds are measured, and of the grid how many epochs of many rounds
 * @param blockMillis how long one variant runs before the next has its turn
 * @param warmUpMillis how long a cell of the grid runs before: with all variants in one JVM, C2 has
 *     done its work after three to four seconds
 * @param cellMillis how long a cell of the grid is measured
 * @param repeats how often the forks of all variants are gone through
 * @param mostStreams up to how many streams the curves go
 * @param longStream how many messages the long stream has
 */
record Effort(
    int warmUps,
    int rounds,
    int blockMillis,
    int warmUpMillis,
    int cellMillis,
    int repeats,
    int mostStreams,
    int longStream,
    int suiteRuns) {

  /** All that matters in less than a quarter of an hour on two cores. */
  static final Effort FULL = new Effort(8, 15, 5, 6_000, 4_500, 3, 1_000_000, 10_000_000, 10);

  /** Shows that it works, and no figure worth having. */
  static final Effort MOMENT = new Effort(1, 2, 1, 1, 1, 1, 100, 1_000, 1);
}

package io.github.streamleak.lifecycle;

import java.util.Arrays;
import java.util.List;

/**
 * The steps of a sequence and the events that were kept, side by side so that as many as possible
 * agree.
 *
 * <p>The outcome is decided elsewhere, by {@link Sequence}; this is for the reader of a failure. A
 * comparison position by position would call everything wrong that follows one missing event. A
 * longest common subsequence, as in a text diff, leaves as few events as possible to be called
 * missing, surplus or out of order.
 */
final class Alignment {

  /** The work is steps times events; beyond this only the common start and end are aligned. */
  private static final long MOST_CELLS = 4_000_000;

  private final StreamPart part;
  private final List<Step> steps;
  private final OtherEvents others;
  private final int[] eventOf;
  private final int[] elsewhere;
  private final int[] claimant;

  Alignment(StreamPart part, List<Step> steps, OtherEvents others) {
    this.part = part;
    this.steps = steps;
    this.others = others;
    this.eventOf = filled(steps.size());
    this.elsewhere = filled(steps.size());
    this.claimant = filled(part.kept().size());
    align();
    claim();
  }

  private static int[] filled(int size) {
    int[] none = new int[size];
    Arrays.fill(none, -1);
    return none;
  }

  StreamPart part() {
    return part;
  }

  List<Step> steps() {
    return steps;
  }

  OtherEvents others() {
    return others;
  }

  /** Returns the event that agrees with {@code step}; -1 if none does. */
  int eventOf(int step) {
    return eventOf[step];
  }

  /**
   * Returns the event that can be {@code step} but stands at the wrong place, so that the step is
   * out of order and not missing; -1 if there is none.
   */
  int elsewhere(int step) {
    return elsewhere[step];
  }

  /** Returns the step for which {@code event} stands at the wrong place; -1 if there is none. */
  int claimant(int event) {
    return claimant[event];
  }

  private void align() {
    int from = 0;
    int stepEnd = steps.size();
    int eventEnd = part.kept().size();
    // What is beyond the gap is not what follows, however well it would agree.
    int headEnd = part.hasGap() ? part.gapIndex() : eventEnd;
    int tailStart = part.hasGap() ? part.gapIndex() : 0;
    if (others != OtherEvents.ANYWHERE) {
      while (from < stepEnd && from < headEnd && steps.get(from).isMetBy(from)) {
        eventOf[from] = from;
        from++;
      }
    }
    if (others == OtherEvents.NOWHERE) {
      int lowest = Math.max(from, tailStart);
      while (stepEnd > from && eventEnd > lowest && steps.get(stepEnd - 1).isMetBy(eventEnd - 1)) {
        eventOf[--stepEnd] = --eventEnd;
      }
    }
    int n = stepEnd - from;
    int m = eventEnd - from;
    if ((long) n * m <= MOST_CELLS) {
      alignTheRest(from, n, m);
    }
  }

  /** Aligns {@code n} steps and {@code m} events from {@code from} on. */
  private void alignTheRest(int from, int n, int m) {
    int[][] longest = new int[n + 1][m + 1];
    for (int i = n - 1; i >= 0; i--) {
      for (int j = m - 1; j >= 0; j--) {
        longest[i][j] =
            steps.get(from + i).isMetBy(from + j)
                ? 1 + longest[i + 1][j + 1]
                : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    for (int i = 0, j = 0; i < n && j < m; ) {
      boolean leaveToTheGap =
          part.hasGap()
              && from + j == part.gapIndex()
              && longest[i + 1][j] == longest[i][j]
              && steps.get(from + i).canBeInGap();
      if (leaveToTheGap) {
        i++;
      } else if (steps.get(from + i).isMetBy(from + j)) {
        eventOf[from + i] = from + j;
        i++;
        j++;
      } else if (longest[i][j + 1] == longest[i][j]) {
        j++;
      } else {
        i++;
      }
    }
  }

  /** Gives each step that no event agrees with an event that is left over, if one can be it. */
  private void claim() {
    boolean[] agrees = new boolean[claimant.length];
    for (int event : eventOf) {
      if (event >= 0) {
        agrees[event] = true;
      }
    }
    for (int step = 0; step < eventOf.length; step++) {
      if (eventOf[step] < 0) {
        claim(step, agrees);
      }
    }
  }

  private void claim(int step, boolean[] agrees) {
    for (int event : steps.get(step).occurrences().kept()) {
      if (!agrees[event] && claimant[event] < 0) {
        elsewhere[step] = event;
        claimant[event] = step;
        return;
      }
    }
  }
}

package io.github.streamleak.programs;

import io.grpc.MethodDescriptor.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What client and server do on one stream, in the order in which they do it.
 *
 * @param type the type of the method
 * @param shortLog whether the recorder keeps only eight events at each end
 * @param steps the schedule
 */
record Program(MethodType type, boolean shortLog, List<Step> steps) {

  private static final String SHORT_LOG = "/short";
  private static final int FEWEST_STEPS = 3;
  private static final int MOST_STEPS = 20;

  /** UNKNOWN is not one that a server can have. */
  private static final List<MethodType> TYPES =
      List.of(
          MethodType.UNARY,
          MethodType.CLIENT_STREAMING,
          MethodType.SERVER_STREAMING,
          MethodType.BIDI_STREAMING);

  private static final List<Step> DRAWN =
      Arrays.stream(Step.values())
          .flatMap(step -> Collections.nCopies(step.weight(), step).stream())
          .toList();

  /** Reads what {@link #toString} wrote. */
  static Program parse(String text) {
    String[] parts = text.split(":", 2);
    boolean shortLog = parts[0].endsWith(SHORT_LOG);
    String type =
        shortLog ? parts[0].substring(0, parts[0].length() - SHORT_LOG.length()) : parts[0];
    List<Step> steps =
        Arrays.stream(parts[1].split(" ", -1))
            .filter(Predicate.not(String::isEmpty))
            .map(Step::of)
            .toList();
    return new Program(MethodType.valueOf(type.toUpperCase(Locale.ROOT)), shortLog, steps);
  }

  @Override
  public String toString() {
    return type.name().toLowerCase(Locale.ROOT)
        + (shortLog ? SHORT_LOG : "")
        + ": "
        + steps.stream().map(Step::toString).collect(Collectors.joining(" "));
  }

  /** Draws the program with this number of a seed; it does not depend on those drawn before it. */
  static Program draw(long seed, long number) {
    SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    MethodType type = TYPES.get(random.nextInt(TYPES.size()));
    List<Step> steps = new ArrayList<>();
    // One in eight has something before the start, be it a cancel.
    for (int before = random.nextInt(16); before > 13; before--) {
      steps.add(DRAWN.get(random.nextInt(DRAWN.size())));
    }
    boolean elsewhere = random.nextInt(16) == 0;
    steps.add(elsewhere ? Step.START_ELSEWHERE : Step.START);
    int wanted = FEWEST_STEPS + random.nextInt(MOST_STEPS - FEWEST_STEPS + 1);
    // Half of the servers answer early: else most messages come before their headers.
    if (random.nextBoolean()) {
      steps.add(Step.SERVER_HEADERS);
    }
    while (steps.size() < wanted) {
      steps.add(DRAWN.get(random.nextInt(DRAWN.size())));
    }
    return new Program(type, random.nextInt(4) == 0, List.copyOf(steps));
  }

  /** Returns a program that still fails and of which no step can be left out. */
  static Program shrink(Program failing, Predicate<Program> fails) {
    Program smallest = failing;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (Program candidate : smallest.smaller()) {
        if (fails.test(candidate)) {
          smallest = candidate;
          smaller = true;
          break;
        }
      }
    }
    return smallest;
  }

  private List<Program> smaller() {
    List<Program> candidates = new ArrayList<>();
    if (shortLog) {
      candidates.add(new Program(type, false, steps));
    }
    // From the end: what comes last is most often what came after the failure.
    for (int i = steps.size() - 1; i >= 0; i--) {
      List<Step> without = new ArrayList<>(steps);
      without.remove(i);
      candidates.add(new Program(type, shortLog, List.copyOf(without)));
    }
    return candidates;
  }
}

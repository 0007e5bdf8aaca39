package io.github.streamleak.run;

import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamVerdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps which allowances the tests of an outermost class had, and which of them excused something.
 *
 * <p>There is one for an outermost class with everything that is nested in it, because an allowance
 * on the class may be of use to a single test only. The allowances of the run are left out: whether
 * they are needed is known only when the run ends.
 */
final class AllowanceUse {

  private final Set<Allowance> seen = ConcurrentHashMap.newKeySet();
  private final Set<Allowance> used = ConcurrentHashMap.newKeySet();

  /**
   * Notes which allowances excused something in a verdict.
   *
   * @param failed whether the test has failed. It may then have ended before it opened the stream
   *     that it allows, so it does not prove that an allowance is useless
   */
  void note(StreamVerdict verdict, List<Allowance> allowances, boolean failed) {
    Set<StreamAllowance> excusing = new HashSet<>();
    verdict.allowed().forEach(allowed -> excusing.add(allowed.allowance()));
    verdict.breaches().forEach(breach -> breach.allowance().ifPresent(excusing::add));
    for (Allowance allowance : allowances) {
      if (allowance.ofRun()) {
        continue;
      }
      if (excusing.contains(allowance.allowance())) {
        used.add(allowance);
      }
      if (!failed) {
        seen.add(allowance);
      }
    }
  }

  /** Returns a sentence for each allowance that excused nothing. */
  List<String> unused() {
    List<String> unused = new ArrayList<>();
    for (Allowance allowance : seen) {
      if (!used.contains(allowance)) {
        unused.add(allowance.unused());
      }
    }
    return unused;
  }
}

package io.github.streamleak.report;

import java.nio.file.Path;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What an update does to a baseline.
 *
 * @param after what is written
 * @param added the fingerprints that are new, or are found on more lines
 * @param gone the fingerprints that were not found
 * @param whyPartial why nothing that is gone is taken off; empty if it is
 */
record BaselineUpdate(
    Baseline after, SortedSet<String> added, SortedSet<String> gone, Set<String> whyPartial) {

  /**
   * Works out an update.
   *
   * @param before what the file had when the build began
   * @param now what it has now: JVMs of the same build may have updated it already, and others may
   *     have added to it
   * @param seen the fingerprints that were found, each with its number of lines
   * @param taken what this build had found before and has no longer
   * @param whyPartial why only a part of the suite has run; empty if all of it has
   */
  static BaselineUpdate of(
      Baseline before,
      Baseline now,
      SortedMap<String, Integer> seen,
      Set<String> taken,
      Set<String> whyPartial) {
    SortedSet<String> gone = before.gone(seen.keySet());
    SortedMap<String, Integer> next = before.and(now).lines();
    if (whyPartial.isEmpty()) {
      next.keySet().removeAll(gone);
      next.keySet().removeAll(taken);
      seen.forEach((fingerprint, lines) -> next.put(fingerprint, lines));
    } else {
      seen.forEach((fingerprint, lines) -> next.merge(fingerprint, lines, Math::max));
    }
    SortedSet<String> added = new TreeSet<>();
    seen.forEach(
        (fingerprint, lines) -> {
          if (before.lines(fingerprint) < lines) {
            added.add(fingerprint);
          }
        });
    return new BaselineUpdate(before.and(now).with(next), added, gone, whyPartial);
  }

  /** Returns the numbers of what is added and taken off. */
  String inShort() {
    return "+" + added.size() + " -" + (whyPartial.isEmpty() ? gone.size() : 0) + kept();
  }

  /** Returns what is added and taken off, line for line. */
  String inFull(Path file) {
    int known = after.fingerprints().size();
    StringBuilder text =
        new StringBuilder("Streamleak: the baseline ")
            .append(file)
            .append(" has ")
            .append(Texts.count(known, "known finding"))
            .append(": ")
            .append(Texts.number(added.size()))
            .append(" new, ")
            .append(Texts.number(whyPartial.isEmpty() ? gone.size() : 0))
            .append(" taken off")
            .append(kept());
    Texts.listed("new", added).forEach(line -> text.append("\n  ").append(line));
    if (whyPartial.isEmpty()) {
      Texts.listed("taken off", gone).forEach(line -> text.append("\n  ").append(line));
    }
    return text.toString();
  }

  private String kept() {
    return whyPartial.isEmpty() || gone.isEmpty()
        ? ""
        : "; "
            + Texts.number(gone.size())
            + " not found, and kept because only a part of the suite has run ("
            + String.join("; ", whyPartial)
            + ")";
  }
}

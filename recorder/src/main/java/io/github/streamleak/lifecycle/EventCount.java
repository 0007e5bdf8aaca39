package io.github.streamleak.lifecycle;

import io.github.streamleak.lifecycle.LifecycleTable.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event a number of times, in the whole stream or before another event. The log counts what it
 * drops, so that this is decided on the longest stream, unless something is asked of the event that
 * a dropped one cannot answer.
 */
final class EventCount implements Shape {

  private final EventMatcher event;
  private final long least;
  private final long most;

  /** What comes after the first of these does not count; null if all counts. */
  private final @Nullable EventMatcher until;

  /** Expects {@code event} at least {@code least} times and at most {@code most} times. */
  EventCount(EventMatcher event, long least, long most) {
    this(event, least, most, null);
  }

  private EventCount(EventMatcher event, long least, long most, @Nullable EventMatcher until) {
    this.event = event;
    this.least = least;
    this.most = most;
    this.until = until;
  }

  /** Returns this count for what came before the first {@code end}; for all, if that never came. */
  EventCount before(EventMatcher end) {
    return new EventCount(event, least, most, end);
  }

  @Override
  public List<EventMatcher> events() {
    return until == null ? List.of(event) : List.of(event, until);
  }

  @Override
  public boolean isOrder() {
    return false;
  }

  @Override
  public Decision decide(StreamPart part, LifecycleTable table) {
    Occurrences all = Occurrences.of(event.criteria(), part);
    Occurrences found =
        until == null ? all : all.before(Occurrences.of(until.criteria(), part).nth(1));
    boolean tooFew = found.isResolved() && found.most() < least;
    boolean tooMany = found.isResolved() && found.least() > most;
    table.addRecorded(
        (recorded, index) -> {
          if (tooMany && found.number(index) > most) {
            table.add(Role.SURPLUS, "", recorded, "surplus");
          } else if (until != null && all.has(index) && !found.has(index)) {
            table.add(Role.AGREES, "", recorded, "does not count: after " + until.describeOne());
          } else {
            table.add(Role.AGREES, found.has(index) ? event.describeOne() : "", recorded, "");
          }
        });
    if (tooFew) {
      long missing = least - found.most();
      String times = missing == 1 ? "" : missing + " x ";
      table.add(Role.MISSING, times + event.describeOne(), null, "missing");
    }
    if (tooFew || tooMany) {
      return Decision.notMatched(problem(found) + later(all.kept().size() - found.kept().size()));
    }
    boolean fits = found.isResolved() && found.least() >= least && found.most() <= most;
    return fits ? Decision.MATCHED : Decision.UNDECIDABLE;
  }

  private String problem(Occurrences found) {
    String times =
        found.most() == found.least()
            ? String.valueOf(found.most())
            : found.most() < least ? "at most " + found.most() : "at least " + found.least();
    return "it was recorded " + (times.equals("1") ? "once" : times + " times");
  }

  private String later(int kept) {
    if (until == null || kept == 0) {
      return "";
    }
    return " before "
        + until.describeOne()
        + ", and "
        + (kept == 1 ? "once" : kept + " times")
        + " after it, which does not count";
  }
}

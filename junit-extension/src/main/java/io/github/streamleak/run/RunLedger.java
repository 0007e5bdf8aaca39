package io.github.streamleak.run;

import io.github.streamleak.report.Outcome;
import io.github.streamleak.report.ReportEntry;
import io.github.streamleak.report.ReportWriter;
import io.github.streamleak.report.StreamReport;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamRule;
import io.github.streamleak.verdict.StreamVerdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Collects what all checks of one run have found. When the run ends, it logs a summary and writes
 * the report.
 */
final class RunLedger {

  /** More leaks than anybody reads. Each holds its stream until the run ends. */
  private static final int MOST_WAITING = 1_000;

  private final LeakParameters parameters;
  private final LeakSettings settings;
  private final boolean wholeRun;
  private final ReportSettings reports;
  private final @Nullable KnownLeaks known;
  private final WatchedChannels watch;
  private final StreamReport report;
  private final RunSummary summary = new RunSummary();
  private final RunTotals totals = new RunTotals();

  /** Leaks that are put into the report when the run ends, when it is known what came of them. */
  private final Queue<ReportEntry> leaked = new ConcurrentLinkedQueue<>();

  private final Set<StreamAllowance> used = ConcurrentHashMap.newKeySet();
  private final Set<String> seen = Collections.synchronizedSet(new HashSet<>());

  /** Why the baseline that was to be updated was not; null if it was, or was not to be. */
  private @Nullable String notUpdated;

  /** Makes the ledger of a run; fails if a parameter is wrong. */
  RunLedger(LeakParameters parameters) {
    this.parameters = parameters;
    this.settings = parameters.ofRun();
    WatchedChannels watch = parameters.watch();
    this.wholeRun = watch == WatchedChannels.ALL;
    this.reports = ReportSettings.of(parameters);
    Path baseline = reports.baseline();
    this.known = baseline == null ? null : KnownLeaks.read(baseline, reports.updates(), parameters);
    this.watch = watch;
    this.report = described(StreamReport.create());
    totals.watched(watch);
  }

  private StreamReport described(StreamReport report) {
    return report
        .mode(settings.mode().word())
        .strictness(settings.strictness().name().toLowerCase(Locale.ROOT))
        .watch(watch.name().toLowerCase(Locale.ROOT));
  }

  /** Returns {@code verdict} with everything excused that the baseline knows. */
  StreamVerdict excuseKnown(StreamVerdict verdict) {
    return known == null ? verdict : known.excuse(verdict);
  }

  // ---- what was found ----

  /**
   * Notes a verdict.
   *
   * @param fails whether a leak fails the owner, and is not only reported
   * @param all gives every stream that was recorded; used only if the report shows all
   * @param endedAtNanos when the owner ended, by {@link System#nanoTime}
   */
  void note(
      Owner owner,
      StreamVerdict verdict,
      boolean fails,
      Supplier<List<RecordedStream>> all,
      long endedAtNanos) {
    Class<?> testClass = owner.testClass();
    if (owner.isTest() && testClass != null) {
      report.countTest(testClass.getName(), owner.id());
      totals.countTest();
    }
    report.countStreams(verdict.streamCount());
    totals.countStreams(verdict.streamCount());
    Outcome failed = fails ? Outcome.FAILED : Outcome.WARNED;
    Set<Long> told = new HashSet<>();
    for (StreamFinding finding : verdict.findings()) {
      RecordedStream stream = finding.stream();
      told.add(stream.id());
      add(owner, noted(owner, finding, failed), stream, endedAtNanos, verdict.waited());
    }
    for (RuleBreach breach : verdict.breaches()) {
      breach.stream().ifPresent(stream -> told.add(stream.id()));
      add(
          owner,
          noted(owner, breach, failed),
          breach.stream().orElse(null),
          endedAtNanos,
          verdict.waited());
    }
    if (reports.showsAll()) {
      for (RecordedStream stream : all.get()) {
        if (!told.contains(stream.id())) {
          add(owner, ReportEntry.shown(stream), stream, endedAtNanos, verdict.waited());
        }
      }
    }
  }

  private ReportEntry.Builder noted(Owner owner, StreamFinding finding, Outcome failed) {
    if (finding instanceof StreamFinding.Leaked leak) {
      if (failed == Outcome.FAILED || settings.mode() == LeakMode.WARN) {
        summary.addLeak(owner, leak.stream(), leak.cause());
        totals.countLeak(failed == Outcome.FAILED);
      } else {
        totals.countStillOpen();
      }
      return Findings.entry(leak, failed);
    }
    if (finding instanceof StreamFinding.Allowed allowed) {
      StreamAllowance by = allowed.allowance();
      return ReportEntry.leaked(allowed.stream(), excused(by)).reason(by.reason());
    }
    if (finding instanceof StreamFinding.Undecided undecided) {
      totals.countUndecided();
      return ReportEntry.leaked(undecided.stream(), Outcome.UNDECIDED)
          .reason(undecided.fault().toString());
    }
    throw new AssertionError(finding);
  }

  private ReportEntry.Builder noted(Owner owner, RuleBreach breach, Outcome failed) {
    Optional<StreamAllowance> by = breach.allowance();
    Outcome outcome = by.map(this::excused).orElse(breach.fails() ? failed : Outcome.WARNED);
    if (outcome == Outcome.WARNED) {
      totals.countWarning(breach.rule());
      if (breach.rule() == StreamRule.ENDED_BY_SHUTDOWN) {
        breach.stream().ifPresent(stream -> summary.addEndedByShutdown(owner, stream));
      }
    } else if (outcome == Outcome.FAILED) {
      totals.countBreach();
    }
    return Findings.entry(breach, outcome).reason(by.map(StreamAllowance::reason).orElse(null));
  }

  /** Notes that an allowance was used, and returns the outcome of the finding that it excuses. */
  private Outcome excused(StreamAllowance by) {
    used.add(by);
    if (known == null || !known.isBehind(by)) {
      totals.countAllowed();
      return Outcome.ALLOWED;
    }
    totals.countKnown();
    known.countExcused();
    return Outcome.KNOWN;
  }

  private void add(
      Owner owner,
      ReportEntry.Builder entry,
      @Nullable RecordedStream stream,
      long endedAtNanos,
      Duration waited) {
    owner.charge(entry);
    if (stream != null) {
      Duration ended = Duration.ofNanos(endedAtNanos - stream.startedAtNanos());
      entry.testEnded(ended).checked(ended.plus(waited));
    }
    ReportEntry built = entry.build();
    seen.add(built.fingerprint());
    if (stream != null && stream.isOpen() && leaked.size() < MOST_WAITING) {
      leaked.add(built);
    } else {
      report.add(built);
    }
  }

  // ---- the end of the run ----

  boolean hasUsed(StreamAllowance allowance) {
    return used.contains(allowance);
  }

  void countChannels(long channels) {
    report.countChannels(channels);
    totals.countChannels(channels);
  }

  void sawTheTransportOnly() {
    report.view("transport");
  }

  /** Warns about the run as a whole, in the log and in the report. */
  void warn(String text) {
    RunLog.warn("{0}", text);
    report.note(text);
  }

  /** Logs what leaked, writes the report, and hands on the numbers for the closing line. */
  void close() {
    leaked.forEach(report::add);
    if (wholeRun) {
      summary.listLeaks(totals.leaks(), settings.mode());
    }
    summary.listEndedByShutdown();
    if (known != null) {
      known.summarize(seen);
    }
    if (!RunSession.isWithinATest()) {
      PartialRun.why(System::getProperty).ifPresent(report::partial);
    }
    Path directory = reports.directory();
    if (directory != null && !report.isEmpty()) {
      write(directory);
    }
    // Whoever switched the check off knows that nothing was recorded.
    if (settings.mode() != LeakMode.OFF || totals.hasAnything()) {
      RunSession.take(totals);
    }
    if (notUpdated != null) {
      throw parameters.misuse(ParameterNames.UPDATE + ": " + notUpdated, null);
    }
  }

  private void write(Path directory) {
    try {
      ReportWriter writer = ReportWriter.to(directory).noPageWhileClean();
      AtomicBoolean updated = new AtomicBoolean();
      Path baseline = reports.baseline();
      if (baseline != null) {
        writer =
            reports.updates()
                ? writer.updateBaseline(
                    baseline,
                    text -> {
                      updated.set(true);
                      RunLog.say(text);
                    })
                : writer.baseline(baseline);
      }
      Optional<String> wrong = writer.write(report);
      if (reports.updates() && !updated.get()) {
        notUpdated = wrong.orElse("the baseline could not be written");
      }
      if (wrong.isEmpty()) {
        Stream.of("index.html", "summary.md")
            .map(directory::resolve)
            .filter(Files::exists)
            .findFirst()
            .ifPresent(totals::reportIn);
        ReportWriter same = writer;
        totals.uncheckedInto(tests -> writeUnchecked(same, tests));
      }
    } catch (LinkageError e) {
      String why = "no report was written: Gson is not on the class path (" + e + ")";
      RunLog.warn("{0}", why);
      notUpdated = reports.updates() ? why : null;
    }
  }

  /** Adds a part to the report, for what is known only when all runs of the JVM are over. */
  private void writeUnchecked(ReportWriter writer, Map<String, Long> tests) {
    StreamReport more = described(StreamReport.create());
    tests.forEach(more::countUnchecked);
    // What goes wrong is logged; nothing that was found is lost.
    Optional<String> unused = writer.write(more);
  }
}

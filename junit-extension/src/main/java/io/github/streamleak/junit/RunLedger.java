package io.github.streamleak.junit;

import io.github.streamleak.recorder.LeakCause;
import io.github.streamleak.recorder.RecordedStream;
import io.github.streamleak.recorder.RuleBreach;
import io.github.streamleak.recorder.StreamAllowance;
import io.github.streamleak.recorder.StreamFinding;
import io.github.streamleak.recorder.StreamRule;
import io.github.streamleak.recorder.StreamVerdict;
import io.github.streamleak.report.Baseline;
import io.github.streamleak.report.Outcome;
import io.github.streamleak.report.ReportEntry;
import io.github.streamleak.report.ReportFileException;
import io.github.streamleak.report.ReportWriter;
import io.github.streamleak.report.ReportedTest;
import io.github.streamleak.report.StreamReport;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;

/**
 * What all checks of one JUnit run have found, and what the baseline knows of it. When the run ends
 * it is summed up in the log, once, and written as a report.
 */
final class RunLedger implements CloseableResource, AutoCloseable {

  private static final Namespace NAMESPACE = Namespace.create(RunLedger.class);

  /** In the summary, equal ones counted once. */
  private static final int MOST_LISTED = 200;

  private static final String NO_REPORT = "none";

  /** Which streams a report shows. */
  private enum Shown {
    /** Those that something was found about. */
    FOUND,
    /** All. */
    ALL
  }

  private final LeakSettings settings;
  private final boolean wholeRun;
  private final @Nullable Path baselineFile;
  private final @Nullable Baseline baseline;
  private final boolean updates;
  private final boolean showsAll;
  private final @Nullable Path directory;

  /** Whether somebody named the directory; then there is always a page in it. */
  private final boolean asked;

  private final StreamReport report = StreamReport.create();

  private final AtomicInteger leaks = new AtomicInteger();
  private final AtomicInteger known = new AtomicInteger();
  private final Set<String> listed = new ConcurrentSkipListSet<>();
  private final Map<StreamRule, Integer> warnings =
      Collections.synchronizedMap(new EnumMap<>(StreamRule.class));
  private final Set<StreamAllowance> used = ConcurrentHashMap.newKeySet();
  private final Set<String> seen = Collections.synchronizedSet(new HashSet<>());
  private volatile boolean sawStreams;

  private RunLedger(ExtensionContext root) {
    this.settings = LeakSettings.ofRun(root);
    LeakSettings.Watch watch = LeakSettings.watch(root);
    this.wholeRun = watch == LeakSettings.Watch.ALL;
    this.updates =
        LeakSettings.choice(root, LeakSettings.UPDATE, YesNo.values()).orElse(YesNo.FALSE)
            == YesNo.TRUE;
    this.baselineFile = path(root, LeakSettings.BASELINE).orElse(null);
    this.baseline = baselineFile == null ? null : read(baselineFile, updates);
    if (updates && baselineFile == null) {
      throw new ExtensionConfigurationException(
          LeakSettings.UPDATE + " is true, but " + LeakSettings.BASELINE + " names no file");
    }
    this.showsAll =
        LeakSettings.choice(root, LeakSettings.REPORT_STREAMS, Shown.values()).orElse(Shown.FOUND)
            == Shown.ALL;
    String where = root.getConfigurationParameter(LeakSettings.REPORT_DIR).orElse("");
    this.asked = !where.isBlank() || showsAll;
    this.directory =
        where.trim().equals(NO_REPORT)
            ? null
            : path(root, LeakSettings.REPORT_DIR).orElseGet(ReportWriter::defaultDirectory);
    if (updates && directory == null) {
      throw new ExtensionConfigurationException(
          LeakSettings.UPDATE
              + " needs the report, from which a baseline is made for all forks together; "
              + LeakSettings.REPORT_DIR
              + " is none");
    }
    report.mode(settings.mode().name().toLowerCase(Locale.ROOT));
    report.strictness(settings.strictness().name().toLowerCase(Locale.ROOT));
    report.watch(watch.name().toLowerCase(Locale.ROOT));
  }

  private enum YesNo {
    TRUE,
    FALSE
  }

  private static Optional<Path> path(ExtensionContext root, String parameter) {
    Optional<String> text =
        root.getConfigurationParameter(parameter).map(String::trim).filter(t -> !t.isEmpty());
    try {
      return text.map(Path::of);
    } catch (InvalidPathException e) {
      throw new ExtensionConfigurationException(
          "the configuration parameter " + parameter + " is no path: " + e.getMessage(), e);
    }
  }

  private static Baseline read(Path file, boolean updates) {
    try {
      return updates ? Baseline.readIfThere(file) : Baseline.read(file);
    } catch (ReportFileException e) {
      throw new ExtensionConfigurationException(LeakSettings.BASELINE + ": " + e.getMessage(), e);
    }
  }

  /** Returns the ledger of this run, opened when first asked for. */
  static RunLedger of(ExtensionContext context) {
    ExtensionContext root = context.getRoot();
    Store store = root.getStore(NAMESPACE);
    synchronized (NAMESPACE) {
      RunLedger existing = store.get(RunLedger.class, RunLedger.class);
      if (existing == null) {
        existing = new RunLedger(root);
        store.put(RunLedger.class, existing);
      }
      return existing;
    }
  }

  // ---- the baseline ----

  /** Returns {@code verdict} with what the baseline knows, or is about to take in, excused. */
  StreamVerdict excuseKnown(StreamVerdict verdict) {
    if (baseline == null) {
      return verdict;
    }
    return verdict.excuse(
        leak -> isKnown(entry(leak, Outcome.KNOWN)),
        breach -> isKnown(entry(breach, Outcome.KNOWN)),
        byBaseline());
  }

  private boolean isKnown(ReportEntry.Builder entry) {
    return updates || (baseline != null && baseline.contains(entry.build().fingerprint()));
  }

  private StreamAllowance byBaseline() {
    return StreamAllowance.of("*", "known: in the baseline " + baselineFile);
  }

  private boolean isByBaseline(StreamAllowance allowance) {
    return baseline != null && allowance.equals(byBaseline());
  }

  // ---- what was found ----

  /** One test or class, or the run, and what is known of it. */
  record Owner(
      ReportedTest test, String name, @Nullable String className, @Nullable String testId) {

    static Owner of(ExtensionContext context, String name) {
      String className = context.getRequiredTestClass().getName();
      String id = context.getUniqueId();
      return context
          .getTestMethod()
          .map(
              method ->
                  new Owner(
                      ReportedTest.ofMethod(className, method.getName(), context.getDisplayName())
                          .withId(id),
                      name,
                      className,
                      id))
          .orElseGet(
              () ->
                  new Owner(
                      ReportedTest.ofClass(className, context.getDisplayName()).withId(id),
                      name,
                      className,
                      null));
    }

    static Owner ofRun() {
      return new Owner(ReportedTest.ofRun(), "the run", null, null);
    }
  }

  /**
   * Notes a verdict.
   *
   * @param fails whether what fails does fail the owner, and is not only said
   * @param all every stream that was recorded; asked only where the report shows all
   * @param endedAtNanos when the owner ended, by {@link System#nanoTime}
   */
  void note(
      Owner owner,
      StreamVerdict verdict,
      boolean fails,
      Supplier<List<RecordedStream>> all,
      long endedAtNanos) {
    sawStreams |= verdict.streamCount() > 0;
    if (owner.className() != null && owner.testId() != null) {
      report.countTest(owner.className(), owner.testId());
    }
    report.countStreams(verdict.streamCount());
    Outcome failed = fails ? Outcome.FAILED : Outcome.WARNED;
    Set<Long> told = new HashSet<>();
    for (StreamFinding finding : verdict.findings()) {
      told.add(finding.stream().startedAtNanos());
      if (finding instanceof StreamFinding.Leaked leak) {
        leaks.incrementAndGet();
        list(owner, leak.stream(), leak.cause());
        add(owner, entry(leak, failed), leak.stream(), endedAtNanos);
      } else if (finding instanceof StreamFinding.Allowed allowed) {
        StreamAllowance by = allowed.allowance();
        excused(by);
        add(
            owner,
            ReportEntry.leaked(allowed.stream(), outcome(by)).reason(by.reason()),
            allowed.stream(),
            endedAtNanos);
      } else if (finding instanceof StreamFinding.Undecided undecided) {
        add(
            owner,
            ReportEntry.leaked(undecided.stream(), Outcome.UNDECIDED)
                .reason(undecided.fault().toString()),
            undecided.stream(),
            endedAtNanos);
      }
    }
    for (RuleBreach breach : verdict.breaches()) {
      breach.stream().ifPresent(stream -> told.add(stream.startedAtNanos()));
      noteBreach(owner, breach, failed, endedAtNanos);
    }
    if (showsAll) {
      for (RecordedStream stream : all.get()) {
        if (!told.contains(stream.startedAtNanos())) {
          add(owner, ReportEntry.shown(stream), stream, endedAtNanos);
        }
      }
    }
  }

  private void noteBreach(Owner owner, RuleBreach breach, Outcome failed, long endedAtNanos) {
    Optional<StreamAllowance> by = breach.allowance();
    by.ifPresent(this::excused);
    Outcome outcome = by.map(this::outcome).orElse(breach.fails() ? failed : Outcome.WARNED);
    if (outcome == Outcome.WARNED) {
      warnings.merge(breach.rule(), 1, Integer::sum);
    }
    add(
        owner,
        entry(breach, outcome).reason(by.map(StreamAllowance::reason).orElse(null)),
        breach.stream().orElse(null),
        endedAtNanos);
  }

  private void excused(StreamAllowance by) {
    used.add(by);
    if (isByBaseline(by)) {
      known.incrementAndGet();
    }
  }

  private Outcome outcome(StreamAllowance by) {
    return isByBaseline(by) ? Outcome.KNOWN : Outcome.ALLOWED;
  }

  private static ReportEntry.Builder entry(StreamFinding.Leaked leak, Outcome outcome) {
    return ReportEntry.leaked(leak.stream(), outcome);
  }

  private static ReportEntry.Builder entry(RuleBreach breach, Outcome outcome) {
    String rule = breach.rule().name();
    return breach.stream()
        .map(stream -> ReportEntry.found(rule, stream, outcome, breach.detail()))
        .orElseGet(
            () ->
                ReportEntry.found(
                    rule,
                    breach.subject(),
                    breach.openingLine().map(List::of).orElse(List.of()),
                    outcome,
                    breach.detail()))
        .remedy(breach.remedy().lines());
  }

  private void add(
      Owner owner, ReportEntry.Builder entry, @Nullable RecordedStream stream, long endedAtNanos) {
    entry.test(owner.test());
    if (stream != null) {
      entry.testEnded(Duration.ofNanos(endedAtNanos - stream.startedAtNanos()));
    }
    ReportEntry built = entry.build();
    seen.add(built.fingerprint());
    report.add(built);
  }

  private void list(Owner owner, RecordedStream stream, LeakCause cause) {
    String opened = stream.openingLink().map(", opened at "::concat).orElse("");
    listed.add(owner.name() + ": " + stream.fullMethodName() + ", " + cause + opened);
  }

  // ---- the end of the run ----

  boolean sawStreams() {
    return sawStreams;
  }

  boolean hasUsed(StreamAllowance allowance) {
    return used.contains(allowance);
  }

  void countChannels(long channels) {
    report.countChannels(channels);
  }

  void sawTheTransportOnly() {
    report.view("transport");
  }

  /** Says something about the run, in the log and in the report. */
  void warn(String text) {
    RunLog.warn("{0}", text);
    report.note(text);
  }

  @Override
  public void close() {
    summarize();
    if (directory == null || report.isEmpty()) {
      return;
    }
    try {
      ReportWriter writer = ReportWriter.to(directory);
      if (!asked) {
        writer = writer.restWhileClean();
      }
      if (baselineFile != null) {
        writer = updates ? writer.updateBaseline(baselineFile) : writer.baseline(baselineFile);
      }
      Optional<String> unused = writer.write(report);
    } catch (LinkageError e) {
      RunLog.warn("no report was written, for want of Gson: {0}", e.toString());
    }
  }

  private void summarize() {
    int all = leaks.get();
    if (all > 0 && wholeRun) {
      RunLog.warn(
          "{0} leaked in this run ({1} = {2}):{3}",
          all == 1 ? "1 gRPC client stream" : all + " gRPC client streams",
          LeakSettings.MODE,
          settings.mode().name().toLowerCase(Locale.ROOT),
          listed.stream().limit(MOST_LISTED).map("\n  "::concat).collect(Collectors.joining())
              + (listed.size() > MOST_LISTED
                  ? "\n  ... and " + (listed.size() - MOST_LISTED) + " more"
                  : ""));
    }
    if (!warnings.isEmpty()) {
      RunLog.warn(
          "gRPC client streams broke rules that fail nothing: {0}{1}",
          warnings.entrySet().stream()
              .map(entry -> entry.getKey() + " " + entry.getValue())
              .collect(Collectors.joining(", ")),
          directory == null ? "" : "; see " + directory.resolve("index.html"));
    }
    if (baseline != null && !updates && (known.get() > 0 || !baseline.gone(seen).isEmpty())) {
      int gone = baseline.gone(seen).size();
      RunLog.info(
          "known in {1}: {0} of the streams found{2}",
          String.valueOf(known.get()),
          String.valueOf(baselineFile),
          gone == 0
              ? ""
              : "; of its entries "
                  + gone
                  + (gone == 1 ? " was" : " were")
                  + " not seen in this JVM. After a whole run, "
                  + LeakSettings.UPDATE
                  + " = true takes off what is gone");
    }
  }
}

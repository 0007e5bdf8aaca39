package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.RuleBreach;
import io.github.streamleak.verdict.StreamAllowance;
import io.github.streamleak.verdict.StreamFinding;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.github.streamleak.verdict.StreamVerdict;
import io.github.streamleak.verdict.Strictness;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * All that belongs to one test, or to one class: a recorder, the services and their server, a
 * channel, resources. Server and channel are made when first needed.
 */
final class LeakScope {

  /** In-process names are the JVM's: two scopes of one name that overlap get different ones. */
  private static final Set<String> NAMES_IN_USE = ConcurrentHashMap.newKeySet();

  private static final String HOW_TO_ALLOW =
      "@AllowStreamLeak(method = \"%s\", reason = \"why it may stay open\")";

  private final String name;
  private final Class<?> testClass;
  private final @Nullable LeakScope outer;
  private final String serverName;

  /** Null where nothing is recorded: then not one hook is registered with gRPC. */
  private final @Nullable GrpcStreamRecorder recorder;

  private final GrpcResources resources;
  private final ServedServices services = new ServedServices();
  private final List<Object> instances = new ArrayList<>();
  private final Object lock = new Object();
  private @Nullable ServedServices allServices;
  private @Nullable Server server;
  private @Nullable ManagedChannel channel;

  /** Who was handed the channel before there was a server, and for which service. */
  private final Map<String, Optional<String>> waitingForServer = new LinkedHashMap<>();

  private boolean stubsMayWait;
  private boolean left;
  private boolean releases = true;
  private @Nullable LeakSettings settings;
  private @Nullable RunWatch run;
  private @Nullable RunLedger ledger;
  private RunWatch.@Nullable Marking marking;

  // Of the outermost class: which allowances its tests had, and which of them excused something.
  private final Set<LeakSettings.Allowance> allowancesSeen = ConcurrentHashMap.newKeySet();
  private final Set<LeakSettings.Allowance> allowancesUsed = ConcurrentHashMap.newKeySet();

  /**
   * Makes a scope without server or channel yet.
   *
   * @param outer the scope of the class around it, whose services it serves as well
   * @param recorder of the channels; null if nothing is recorded
   */
  LeakScope(
      String name,
      Class<?> testClass,
      @Nullable LeakScope outer,
      @Nullable GrpcStreamRecorder recorder) {
    this.name = name;
    this.testClass = testClass;
    this.outer = outer;
    this.recorder = recorder;
    this.serverName = reserve(name);
    this.resources = new GrpcResources(name, serverName, recorder);
  }

  private static String reserve(String name) {
    String base = "in-process:" + name;
    String candidate = base;
    for (int i = 2; !NAMES_IN_USE.add(candidate); i++) {
      candidate = base + "-" + i;
    }
    return candidate;
  }

  /** Says what the verdict will go by; the last word counts. */
  void hold(LeakSettings settings) {
    this.settings = settings;
  }

  /** From now on, streams on channels that nobody handed over may be those of this scope. */
  void watch(ExtensionContext context, Optional<String> method) {
    if (marking != null) {
      return;
    }
    if (recorder != null) {
      // Before the watch: what is opened first is closed last, and the watch has something to say.
      ledger = RunLedger.of(context);
    }
    // What is not checked starts no watch, but is known to one that others have started.
    (recorder == null ? RunWatch.started(context) : RunWatch.of(context))
        .ifPresent(
            found -> {
              run = found;
              marking = found.begin(recorder, testClass, method);
            });
  }

  /** Leaves what is open as it is: a suite that exists may yet use it. */
  void releaseNothing() {
    releases = false;
  }

  /** Gives up the watch, and says nothing at the end. */
  void leaveToAnother() {
    left = true;
    endMarking();
  }

  GrpcStreamRecorder recorder() {
    return resources.recorder();
  }

  GrpcResources resources() {
    return resources;
  }

  void serveStaticFieldsOf(Class<?> type) {
    services.addStaticFieldsOf(type);
  }

  /** Serves what a builder was given. */
  void serve(List<Object> more) {
    synchronized (lock) {
      if (server != null && !more.isEmpty()) {
        throw new ExtensionConfigurationException(
            "the server of "
                + name
                + " has started for a constructor or a @GrpcInject field before a"
                + " GrpcStreamLeakExtension could add its services; make that extension's field"
                + " static, or take the stub as a parameter of the test");
      }
      more.forEach(services::add);
      allServices = null;
    }
  }

  Class<?> testClass() {
    return testClass;
  }

  /** Remembers an instance that belongs to this scope, and takes its services. */
  void own(Object instance) {
    if (instances.stream().noneMatch(known -> known == instance)) {
      instances.add(instance);
      services.addFieldsOf(instance);
    }
  }

  boolean owns(Object instance) {
    return instances.stream().anyMatch(known -> known == instance)
        || (outer != null && outer.owns(instance));
  }

  List<Object> instances() {
    return instances;
  }

  // ---- server and channel ----

  /** While the test instance is made, channels are handed out before there is a server. */
  void stubsMayWait(boolean mayWait) {
    stubsMayWait = mayWait;
  }

  /**
   * Returns the channel to the services of this scope.
   *
   * @param place who asks, for messages
   * @param service the service it is wanted for, if that is known
   * @throws ExtensionConfigurationException if no service is declared, or not that one
   */
  ManagedChannel channelFor(String place, Optional<String> service) {
    synchronized (lock) {
      if (stubsMayWait) {
        waitingForServer.put(place, service);
      } else {
        requireServed(place, service);
        startServer();
      }
      if (channel == null) {
        channel = resources.newChannel(InProcess.channel(serverName));
      }
      return channel;
    }
  }

  /** Starts the server if a channel to it was handed out before. */
  void startServerIfNeeded() {
    synchronized (lock) {
      stubsMayWait = false;
      if (!waitingForServer.isEmpty()) {
        waitingForServer.forEach(this::requireServed);
        startServer();
      }
    }
  }

  private void requireServed(String place, Optional<String> service) {
    Collection<ServerServiceDefinition> served = served();
    if (served.isEmpty()) {
      throw new ExtensionConfigurationException(
          place
              + ": "
              + name
              + " declares no service to connect to. Mark a field that holds a BindableService or"
              + " a ServerServiceDefinition with @Serve, or name it in"
              + " GrpcStreamLeakExtension.builder().serve(...); for a server elsewhere take"
              + " GrpcResources and its newChannel(builder)");
    }
    List<String> names =
        served.stream().map(definition -> definition.getServiceDescriptor().getName()).toList();
    if (service.isPresent() && !names.contains(service.get())) {
      throw new ExtensionConfigurationException(
          place
              + " is a stub of "
              + service.get()
              + ", which is not served; the services declared are "
              + String.join(", ", names)
              + ". Declare it with @Serve, or inject a Channel if the call is meant to fail");
    }
  }

  private Collection<ServerServiceDefinition> served() {
    return allServices().definitions();
  }

  /** The services of this scope and of the classes around it. */
  private ServedServices allServices() {
    ServedServices all = allServices;
    if (all == null) {
      all = new ServedServices();
      for (LeakScope scope = this; scope != null; scope = scope.outer) {
        all.addAll(scope.services);
      }
      allServices = all;
    }
    return all;
  }

  /**
   * Says what is wrong with the services, once every extension and life cycle method has had its
   * turn.
   */
  void requireSoundServices() {
    synchronized (lock) {
      allServices().requireUnchanged();
    }
  }

  private void startServer() {
    if (server != null) {
      return;
    }
    InProcessServerBuilder builder = InProcess.server(serverName);
    served().forEach(builder::addService);
    try {
      server = resources.start(builder);
    } catch (IOException e) {
      throw new UncheckedIOException("the in-process server of " + name + " cannot be started", e);
    }
  }

  // ---- the end ----

  /**
   * Judges, releases what is open, and shuts down.
   *
   * @return what has to fail the test, the leak first; empty if nothing has
   */
  List<Throwable> end(ExtensionContext context, String waitedAfter, boolean sayIfUnused) {
    LeakSettings settings = Objects.requireNonNull(this.settings, "hold() comes first");
    List<Throwable> problems = new ArrayList<>();
    endMarking();
    if (left) {
      stopRecording();
      return problems;
    }
    long ended = System.nanoTime();
    List<RecordedStream> open = List.of();
    StreamLeakPolicy policy = settings.policy(waitedAfter, HOW_TO_ALLOW);
    StreamVerdict verdict = null;
    if (recorder != null && settings.mode() != LeakCheckMode.OFF) {
      verdict = recorder.check(policy, settings.grace());
      open = verdict.findings().stream().map(StreamFinding::stream).toList();
    }
    if (recorder != null && releases && !recorder.releaseLeaked()) {
      context.publishReportEntry(
          "streamleak.not-released",
          "a stream that was left open could not be cancelled; something between the application"
              + " and the transport keeps the cancel back");
    }
    List<Throwable> whileClosing = resources.close(open);
    if (recorder != null && verdict != null) {
      // Only now: until here a channel was the scope's own to shut down.
      verdict = verdict.with(recorder.channelsLeftOpen(policy));
      judged(verdict, settings, context, sayIfUnused, ended, problems);
    }
    for (Throwable problem : whileClosing) {
      if (settings.mode() == LeakCheckMode.FAIL
          || !(problem instanceof ExtensionConfigurationException)) {
        problems.add(problem);
      } else if (settings.mode() == LeakCheckMode.WARN) {
        context.publishReportEntry("streamleak.shutdown", String.valueOf(problem.getMessage()));
      }
    }
    stopRecording();
    return problems;
  }

  private void judged(
      StreamVerdict found,
      LeakSettings settings,
      ExtensionContext context,
      boolean sayIfUnused,
      long ended,
      List<Throwable> problems) {
    boolean fails = settings.mode() == LeakCheckMode.FAIL;
    StreamVerdict verdict = ledger == null ? found : ledger.excuseKnown(found);
    if (ledger != null && recorder != null) {
      ledger.note(RunLedger.Owner.of(context, name), verdict, fails, recorder::streams, ended);
    }
    report(verdict, settings, context, sayIfUnused);
    if (fails) {
      verdict.error().ifPresent(problems::add);
      StoryFiles.attach(context, failing(verdict));
    }
    List<String> unused = unusedAllowances(verdict, settings, context);
    unused.forEach(text -> context.publishReportEntry("streamleak.unused-allowance", text));
    if (fails && settings.strictness() == Strictness.STRICT && !unused.isEmpty()) {
      problems.add(new AssertionError(String.join("\n", unused)));
    }
  }

  private static List<RecordedStream> failing(StreamVerdict verdict) {
    List<RecordedStream> streams = new ArrayList<>();
    verdict.leaks().forEach(leak -> streams.add(leak.stream()));
    verdict.breaches().stream()
        .filter(RuleBreach::fails)
        .forEach(breach -> breach.stream().ifPresent(streams::add));
    return streams;
  }

  /** Ends a scope whose test never began. */
  void discard() {
    endMarking();
    if (recorder != null) {
      recorder.releaseLeaked();
    }
    List<Throwable> ignored = resources.close(List.of());
    stopRecording();
  }

  private void endMarking() {
    if (marking != null) {
      marking.end();
      marking = null;
    }
  }

  private void stopRecording() {
    if (recorder != null) {
      recorder.close();
    }
    NAMES_IN_USE.remove(serverName);
  }

  private void report(
      StreamVerdict verdict, LeakSettings settings, ExtensionContext context, boolean sayIfUnused) {
    if (verdict.streamCount() == 0 && sayIfUnused) {
      context.publishReportEntry(
          "streamleak",
          "no gRPC client stream was recorded in "
              + name
              + ": it started none"
              + (run == null
                  ? ", or none on a channel that is watched (an injected one, one of"
                      + " GrpcResources.newChannel, one the recorder is attached to)"
                  : run.whatMayBeUnseen()));
    }
    for (StreamFinding.Allowed allowed : verdict.allowed()) {
      context.publishReportEntry(
          "streamleak.allowed",
          allowed.stream().fullMethodName() + ": " + allowed.allowance().reason());
    }
    if (verdict.hasLeaks() && settings.mode() == LeakCheckMode.WARN) {
      context.publishReportEntry("streamleak.leak", verdict.describe());
    } else {
      verdict
          .warnings(settings.mode() == LeakCheckMode.WARN)
          .ifPresent(text -> context.publishReportEntry("streamleak.warning", text));
    }
    for (RuleBreach breach : verdict.breaches()) {
      breach
          .allowance()
          .ifPresent(
              by ->
                  context.publishReportEntry(
                      "streamleak.allowed",
                      breach.subject() + ": " + breach.rule() + ": " + by.reason()));
    }
    if (verdict.recorderFault().isPresent() || !verdict.undecided().isEmpty()) {
      context.publishReportEntry(
          Map.of(
              "streamleak.recorder-fault",
              verdict.recorderFault().map(Throwable::toString).orElse("unknown")
                  + "; streams that could not be judged: "
                  + verdict.undecided().size()));
    }
  }

  /** Notes which allowances were of use; of the outermost class, returns those that never were. */
  private List<String> unusedAllowances(
      StreamVerdict verdict, LeakSettings settings, ExtensionContext context) {
    Set<StreamAllowance> excusing = new HashSet<>();
    verdict.allowed().forEach(allowed -> excusing.add(allowed.allowance()));
    verdict.breaches().forEach(breach -> breach.allowance().ifPresent(excusing::add));
    Set<LeakSettings.Allowance> used = new LinkedHashSet<>();
    for (LeakSettings.Allowance allowance : settings.allowances()) {
      if (excusing.contains(allowance.allowance()) && !allowance.ofRun()) {
        used.add(allowance);
      }
    }
    LeakScope outermost = this;
    while (outermost.outer != null) {
      outermost = outermost.outer;
    }
    outermost.allowancesUsed.addAll(used);
    if (context.getExecutionException().isEmpty()) {
      // A test that has failed may not have come to the stream that it allows.
      settings.allowances().stream()
          .filter(allowance -> !allowance.ofRun())
          .forEach(outermost.allowancesSeen::add);
    }
    List<String> unused = new ArrayList<>();
    if (outermost == this) {
      for (LeakSettings.Allowance allowance : allowancesSeen) {
        if (!allowancesUsed.contains(allowance)) {
          unused.add(allowance.unused());
        }
      }
    }
    return unused;
  }
}

package io.github.streamleak.junit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.run.Shutdown;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * What a test or class is given to work with: services, a server that serves them in-process, a
 * channel to that server, a recorder, and resources.
 *
 * <p>Server and channel are made when they are first needed, because most tests with a client of
 * their own need neither. A channel that a constructor asks for is made before its server: the
 * services are not known until the constructor has returned.
 */
final class Fixture implements Shutdown {

  private final @Nullable Fixture outer;
  private final @Nullable GrpcStreamRecorder recorder;
  private final ServedServices services = new ServedServices();
  private final List<Object> instances = new ArrayList<>();
  private final Object lock = new Object();

  @GuardedBy("lock")
  private String name;

  @GuardedBy("lock")
  private @Nullable GrpcResources resources;

  @GuardedBy("lock")
  private @Nullable ServedServices allServices;

  @GuardedBy("lock")
  private @Nullable Server server;

  @GuardedBy("lock")
  private @Nullable ManagedChannel channel;

  /** The places that were given the channel before there was a server, each with its service. */
  @GuardedBy("lock")
  private final Map<String, Optional<String>> waitingForServer = new LinkedHashMap<>();

  @GuardedBy("lock")
  private boolean stubsMayWait;

  /**
   * Makes a fixture without server or channel yet.
   *
   * @param outer the fixture of the class around it, whose services it serves as well
   * @param recorder the recorder of the channels; null if nothing is recorded
   */
  Fixture(String name, @Nullable Fixture outer, @Nullable GrpcStreamRecorder recorder) {
    this.name = name;
    this.outer = outer;
    this.recorder = recorder;
  }

  /**
   * Says how messages and its server name it from now on: which test a constructor runs for is not
   * known yet while it runs. Too late for what has been handed out.
   */
  void isNowCalled(String name) {
    synchronized (lock) {
      if (resources == null) {
        this.name = name;
      }
    }
  }

  GrpcStreamRecorder recorder() {
    return resources().recorder();
  }

  /** Returns what closes its servers and channels. It is made when it is first asked for. */
  GrpcResources resources() {
    synchronized (lock) {
      GrpcResources known = resources;
      if (known == null) {
        known = new GrpcResources(name, ServerNames.take(name), recorder);
        resources = known;
      }
      return known;
    }
  }

  // ---- services ----

  void serveStaticFieldsOf(Class<?> type) {
    services.addStaticFieldsOf(type);
  }

  /** Serves what an extension was given in code. */
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

  /** Remembers an instance that belongs to this fixture, and takes its services. */
  void own(Object instance) {
    if (instances.stream().noneMatch(known -> known == instance)) {
      instances.add(instance);
      services.addFieldsOf(instance);
    }
  }

  /** Returns whether an instance belongs to this fixture or to one around it. */
  boolean owns(Object instance) {
    return instances.stream().anyMatch(known -> known == instance)
        || (outer != null && outer.owns(instance));
  }

  List<Object> instances() {
    return instances;
  }

  /**
   * Fails if something is wrong with the services. Called when every extension and life cycle
   * method has had a chance to set them.
   */
  void requireSoundServices() {
    synchronized (lock) {
      allServices().requireUnchanged();
    }
  }

  // ---- server and channel ----

  /** Gives channels away before there is a server, while the test instance is being made. */
  void letStubsWait() {
    synchronized (lock) {
      stubsMayWait = true;
    }
  }

  /**
   * Returns the channel to the services of this fixture.
   *
   * @param place the parameter or field that it is for, for messages
   * @param service the service that it is for, if that is known
   * @throws ExtensionConfigurationException if no service is declared, or if that one is not
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
        channel = resources().newChannel(InProcess.channel(resources().serverName()));
      }
      return channel;
    }
  }

  /** Starts the server if a channel to it was given away before. */
  void startServerIfNeeded() {
    synchronized (lock) {
      stubsMayWait = false;
      if (!waitingForServer.isEmpty()) {
        for (Map.Entry<String, Optional<String>> waiting : waitingForServer.entrySet()) {
          requireServed(waiting.getKey(), waiting.getValue());
        }
        startServer();
      }
    }
  }

  @GuardedBy("lock")
  private void requireServed(String place, Optional<String> service) {
    Collection<ServerServiceDefinition> served = allServices().definitions();
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

  /** Returns the services of this fixture and of those around it. */
  @GuardedBy("lock")
  private ServedServices allServices() {
    ServedServices all = allServices;
    if (all == null) {
      all = new ServedServices();
      for (Fixture fixture = this; fixture != null; fixture = fixture.outer) {
        all.addAll(fixture.services);
      }
      allServices = all;
    }
    return all;
  }

  @GuardedBy("lock")
  private void startServer() {
    if (server != null) {
      return;
    }
    InProcessServerBuilder builder = InProcess.server(resources().serverName());
    allServices().definitions().forEach(builder::addService);
    try {
      server = resources().start(builder);
    } catch (IOException e) {
      throw new UncheckedIOException("the in-process server of " + name + " cannot be started", e);
    }
  }

  // ---- the end ----

  @Override
  public List<Problem> closeClients() {
    GrpcResources made = made();
    return made == null ? List.of() : problems(made.closeCloseables());
  }

  @Override
  public List<Problem> shutDown(List<RecordedStream> openBefore) {
    GrpcResources made = made();
    return made == null ? List.of() : problems(made.close(openBefore));
  }

  private @Nullable GrpcResources made() {
    synchronized (lock) {
      return resources;
    }
  }

  private static List<Problem> problems(List<Throwable> thrown) {
    return thrown.stream()
        .map(each -> new Problem(each, each instanceof ExtensionConfigurationException))
        .toList();
  }

  /** Lets another scope have the name of the server. */
  void giveBackName() {
    synchronized (lock) {
      if (resources != null) {
        ServerNames.giveBack(resources.serverName());
      }
    }
  }
}

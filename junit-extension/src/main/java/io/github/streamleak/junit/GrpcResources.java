package io.github.streamleak.junit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * Shuts down what a test makes itself, each kind in the reverse order of its registration:
 * closeables before the check, so that a client can release its streams, servers and channels after
 * it, since their shutdown would release a stream that has leaked.
 *
 * <p>Each shutdown has a time limit, because gRPC itself would wait for an open call without end.
 * What exceeds the limit is stopped with {@code shutdownNow()} and fails the test; the message
 * names it and the streams that were open.
 */
public final class GrpcResources {

  /** How long a server or channel may take to shut down by default: five seconds. */
  public static final Duration DEFAULT_SHUTDOWN_LIMIT = Duration.ofSeconds(5);

  private final String owner;
  private final String serverName;
  private final @Nullable GrpcStreamRecorder recorder;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Deque<Resource> resources = new ArrayDeque<>();

  @GuardedBy("lock")
  private Duration shutdownLimit = DEFAULT_SHUTDOWN_LIMIT;

  @GuardedBy("lock")
  private boolean closed;

  GrpcResources(String owner, String serverName, @Nullable GrpcStreamRecorder recorder) {
    this.owner = owner;
    this.serverName = serverName;
    this.recorder = recorder;
  }

  /** Returns the recorder of this test. */
  public GrpcStreamRecorder recorder() {
    if (recorder == null) {
      // The extension records wherever a class asks for a recorder or for resources.
      throw new IllegalStateException("nothing is recorded in " + owner + ": the check is off");
    }
    return recorder;
  }

  /**
   * Returns the name under which the {@link Serve} services of this test are served in-process, for
   * channels that the test builds itself.
   */
  public String serverName() {
    return serverName;
  }

  /**
   * Sets how long each server and channel may take to shut down; five seconds by default.
   *
   * @throws IllegalArgumentException if {@code limit} is not positive
   */
  public GrpcResources shutdownLimit(Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("the shutdown limit must be positive, but is " + limit);
    }
    synchronized (lock) {
      shutdownLimit = limit;
    }
    return this;
  }

  /**
   * Attaches the recorder of this test to {@code builder}, builds the channel and registers it.
   *
   * @throws IllegalStateException if the test is over
   */
  public ManagedChannel newChannel(ManagedChannelBuilder<?> builder) {
    requireOpen();
    return register((recorder == null ? builder : recorder.attachTo(builder)).build());
  }

  /**
   * Builds, starts and registers a server.
   *
   * @throws IOException if it cannot be started
   * @throws IllegalStateException if the test is over
   */
  public Server start(ServerBuilder<?> builder) throws IOException {
    requireOpen();
    return register((recorder == null ? builder : recorder.attachTo(builder)).build().start());
  }

  /**
   * Registers a channel for shutdown. Its streams are recorded only if it was built by {@link
   * #newChannel} or with {@link GrpcStreamRecorder#attachTo}.
   *
   * @return {@code channel}
   * @throws IllegalStateException if the test is over
   */
  public ManagedChannel register(ManagedChannel channel) {
    Objects.requireNonNull(channel, "channel");
    add(
        new Stoppable(
            "ManagedChannel to " + channel.authority(),
            channel::shutdown,
            channel::shutdownNow,
            channel::awaitTermination));
    return channel;
  }

  /**
   * Registers a server for shutdown.
   *
   * @return {@code server}
   * @throws IllegalStateException if the test is over
   */
  public Server register(Server server) {
    Objects.requireNonNull(server, "server");
    String services =
        server.getServices().stream()
            .map(service -> service.getServiceDescriptor().getName())
            .sorted()
            .collect(Collectors.joining(", "));
    add(
        new Stoppable(
            "Server of " + (services.isEmpty() ? "no service" : services),
            server::shutdown,
            server::shutdownNow,
            server::awaitTermination));
    return server;
  }

  /**
   * Registers anything else that is to be closed, before the check judges the streams.
   *
   * @return {@code closeable}
   * @throws IllegalStateException if the test is over
   */
  public <T extends AutoCloseable> T register(T closeable) {
    Objects.requireNonNull(closeable, "closeable");
    add(new Closeable(closeable));
    return closeable;
  }

  private void add(Resource resource) {
    synchronized (lock) {
      requireOpen();
      resources.push(resource);
    }
  }

  /** Takes no more resources, and returns how long each may take to shut down. */
  private Duration endRegistering() {
    synchronized (lock) {
      closed = true;
      return shutdownLimit;
    }
  }

  private void requireOpen() {
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException(
            "the GrpcResources of "
                + owner
                + " are closed; each test has its own, so take them as a parameter of the test"
                + " that uses them");
      }
    }
  }

  /**
   * Shuts everything down, and returns what went wrong. If nothing is recorded, nothing has
   * released the streams that the test left open, so everything is stopped at once: to wait would
   * be of no use, and what takes longer is nobody's fault.
   */
  List<Throwable> close(List<RecordedStream> openBefore) {
    List<Throwable> problems = new ArrayList<>();
    Duration limit = endRegistering();
    endEach(
        this::next,
        resource -> {
          if (recorder == null) {
            resource.force(limit);
          } else if (!resource.stop(limit)) {
            problems.add(late(resource, limit, openBefore));
          }
        },
        problems);
    return problems;
  }

  /**
   * Closes the closeables, the last registered one first, and returns what went wrong. Servers and
   * channels stay: to shut them down would release a stream that has leaked.
   */
  List<Throwable> closeCloseables() {
    Deque<Closeable> closeables = new ArrayDeque<>();
    synchronized (lock) {
      for (Resource resource : resources) {
        if (resource instanceof Closeable closeable) {
          closeables.add(closeable);
        }
      }
      resources.removeAll(closeables);
    }
    List<Throwable> problems = new ArrayList<>();
    endEach(closeables::poll, closeable -> closeable.closeable().close(), problems);
    return problems;
  }

  private @Nullable Resource next() {
    synchronized (lock) {
      return resources.poll();
    }
  }

  /** What ends a resource. */
  private interface End<T> {
    void end(T resource) throws Exception;
  }

  /**
   * Ends every resource that {@code next} gives. What goes wrong keeps none from its end, and
   * neither does an interrupt: JUnit interrupts a test that exceeds its {@code @Timeout}.
   */
  private static <T> void endEach(
      Supplier<@Nullable T> next, End<T> how, List<Throwable> problems) {
    boolean interrupted = Thread.interrupted();
    for (T resource = next.get(); resource != null; resource = next.get()) {
      try {
        how.end(resource);
      } catch (InterruptedException e) {
        interrupted = true;
        problems.add(e);
      } catch (Exception e) {
        problems.add(e);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private ExtensionConfigurationException late(
      Resource resource, Duration limit, List<RecordedStream> openBefore) {
    String streams =
        openBefore.stream()
            .map(
                stream ->
                    "\n  "
                        + stream.fullMethodName()
                        + stream.openingLine().map(line -> ", opened at " + line).orElse("")
                        + stream.callingLine().map(line -> ", called by " + line).orElse(""))
            .limit(10)
            .collect(Collectors.joining());
    return new ExtensionConfigurationException(
        resource.name()
            + ", registered in "
            + owner
            + ", did not shut down within "
            + String.format(Locale.ROOT, "%.2f s", limit.toNanos() / 1e9)
            + "; shutdownNow() was called. "
            + (streams.isEmpty()
                ? "No recorded stream was open, so a call that is not recorded keeps it open. Build the"
                    + " channel with GrpcResources.newChannel(builder) to have its streams recorded"
                : "Open after the test:" + streams));
  }

  private interface Resource {
    String name();

    /** Shuts it down; returns false if it exceeded the limit and was stopped at once. */
    boolean stop(Duration limit) throws Exception;

    /** Stops it at once. */
    void force(Duration limit) throws Exception;
  }

  private record Closeable(AutoCloseable closeable) implements Resource {
    @Override
    public String name() {
      return closeable.getClass().getName();
    }

    @Override
    public boolean stop(Duration limit) throws Exception {
      closeable.close();
      return true;
    }

    @Override
    public void force(Duration limit) throws Exception {
      closeable.close();
    }
  }

  private record Stoppable(String name, Runnable shutdown, Runnable shutdownNow, Await await)
      implements Resource {
    @Override
    public boolean stop(Duration limit) throws InterruptedException {
      shutdown.run();
      if (await.termination(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        return true;
      }
      force(limit);
      return false;
    }

    @Override
    public void force(Duration limit) throws InterruptedException {
      shutdownNow.run();
      await.termination(limit.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  @FunctionalInterface
  private interface Await {
    boolean termination(long limit, TimeUnit unit) throws InterruptedException;
  }
}

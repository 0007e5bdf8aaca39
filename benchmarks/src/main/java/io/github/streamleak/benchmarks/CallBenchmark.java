package io.github.streamleak.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One call after the other, of one shape, on one variant: alone in its JVM. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
// C2 takes three to four seconds: until then a call takes six times as long.
@Warmup(iterations = 50, time = 100, timeUnit = TimeUnit.MILLISECONDS)
// Short: each has a recorder of its own, as a test has, and a recorder keeps its streams.
@Measurement(iterations = 10, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls serve() and connect() before anything else.
public class CallBenchmark {

  /** The name of a {@link Variant}. */
  @Param("BARE")
  public String variant = "";

  /** The name of a {@link Transport}. */
  @Param("DIRECT")
  public String transport = "";

  /** The name of a {@link Shape}. */
  @Param("UNARY")
  public String shape = "";

  /** How deep the stack is at the call. */
  @Param("20")
  public int frames;

  private Shape called;
  private Transport.Served served;
  private Variant.Wired wired;

  /** Starts the server. */
  @Setup(Level.Trial)
  public void serve() {
    called = Shape.valueOf(shape);
    served = Transport.valueOf(transport).serve(new Echo());
  }

  /** Builds a channel. */
  @Setup(Level.Iteration)
  public void connect() {
    wired = Variant.valueOf(variant).wire(served.builder());
  }

  /** Shuts the channel down. */
  @TearDown(Level.Iteration)
  public void disconnect() {
    wired.close();
  }

  /** Shuts the server down. */
  @TearDown(Level.Trial)
  public void stop() {
    served.close();
  }

  /** Makes one call. */
  @Benchmark
  public void call(Used used) {
    called.run(wired.turn(), frames);
    used.calls++;
  }

  /** What the calls of an iteration use: for a machine that has other work to do. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Used {

    /** Processor time. */
    public double cpuNanos;

    /** Bytes allocated. */
    public double bytes;

    /** How many calls there were. */
    public long calls;

    private Meter meter = new Meter();

    /** After {@link CallBenchmark#connect}, for its state is asked for. */
    @Setup(Level.Iteration)
    public void start(CallBenchmark connected) {
      meter = new Meter();
    }

    /** Before {@link CallBenchmark#disconnect}. */
    @TearDown(Level.Iteration)
    public void stop(CallBenchmark connected) {
      cpuNanos = meter.nanos();
      bytes = meter.bytes();
    }
  }
}

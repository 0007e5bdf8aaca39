package io.github.streamleak.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What all threads of this JVM use from the start on: processor time and bytes allocated.
 *
 * <p>Processor time and not that of the clock: other work on the machine does not show in it.
 * Threads that have ended are not counted, nor is the collector; gRPC's pools keep their threads.
 */
final class Meter {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What it takes to take two readings, which is not of what is measured. */
  private static final long OVERHEAD = overhead();

  private final long allocated = sum(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()));
  private final long cpu = sum(THREADS.getThreadCpuTime(THREADS.getAllThreadIds()));

  double nanos() {
    return (double) (used() - OVERHEAD);
  }

  private long used() {
    return sum(THREADS.getThreadCpuTime(THREADS.getAllThreadIds())) - cpu;
  }

  private static long overhead() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 2_000; i++) {
      least = Math.min(least, new Meter().used());
    }
    return least;
  }

  double bytes() {
    return (double) (sum(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) - allocated);
  }

  /** A thread that has just ended has -1. */
  private static long sum(long[] ofThreads) {
    long sum = 0;
    for (long one : ofThreads) {
      sum += Math.max(0, one);
    }
    return sum;
  }
}

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

  private final long allocated = sum(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()));
  private final long cpu = sum(THREADS.getThreadCpuTime(THREADS.getAllThreadIds()));

  double nanos() {
    return (double) (sum(THREADS.getThreadCpuTime(THREADS.getAllThreadIds())) - cpu);
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

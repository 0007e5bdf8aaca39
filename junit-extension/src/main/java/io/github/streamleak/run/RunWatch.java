package io.github.streamleak.run;

import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import org.jspecify.annotations.Nullable;

/**
 * The watch over every channel of one run.
 *
 * <p>It is started by the first test or class that is checked, and not with the run: a run in which
 * nothing is checked is to have no hook in gRPC. {@link Ownership} says whose each call is.
 */
final class RunWatch {

  private final ChannelWatch watch;
  private final Ownership ownership;
  private final boolean wholeRun;
  private final GrpcStreamRecorder leftOver = GrpcStreamRecorder.create();
  private final LeftOvers verdict;

  /**
   * Starts the watch.
   *
   * @param run what belongs to no test and no class is recorded for it
   * @param parallel whether two tests may run at the same time
   */
  RunWatch(Owner run, LeakParameters parameters, boolean parallel, RunLedger ledger) {
    this.wholeRun = parameters.watch() == WatchedChannels.ALL;
    this.ownership = new Ownership(run, wholeRun, parallel);
    this.verdict = new LeftOvers(run, parameters.ofRun(), ledger);
    run.recordInto(leftOver);
    this.watch = ChannelWatch.start(this::recorderOfCall);
  }

  private @Nullable GrpcStreamRecorder recorderOfCall() {
    Owner owner = ownership.ofCall();
    return owner == null ? null : owner.recorder();
  }

  /** From now on, until {@link Begun#end}, streams may be those of {@code owner}. */
  Begun begin(Owner owner) {
    // Somebody may have set configurators of his own since.
    watch.refresh();
    return new Begun(owner, ownership.begin(owner));
  }

  /** An owner that the watch knows to be running. */
  final class Begun {

    private final Owner owner;
    private final Marks marks;

    private Begun(Owner owner, Marks marks) {
      this.owner = owner;
      this.marks = marks;
    }

    /** No further stream belongs to the owner. */
    void end() {
      ownership.end(owner, marks);
      // It may have taken a load balancing policy of its own away, and no check need follow.
      watch.refresh();
    }
  }

  /** For a test without a stream: where it may have had one all the same. */
  String whatMayBeUnseen() {
    return watch.coverage() == Coverage.WHOLE
        ? ""
        : ", or none that reached a transport: gRPC's configurators cannot be reached, so only the"
            + " transport's side is seen of channels that are not injected or attached";
  }

  /**
   * Ends the watch, and judges what is nobody's.
   *
   * @throws Error if that fails the run
   */
  void close() {
    Coverage reach = watch.coverage();
    long channels = watch.channelCount();
    watch.close();
    if (wholeRun) {
      verdict.judge(leftOver, reach, channels);
    } else {
      leftOver.close();
    }
  }
}

package io.github.streamleak.run;

import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import org.jspecify.annotations.Nullable;

/**
 * Watches every channel of one run, and has each call recorded for its owner.
 *
 * <p>The first test or class that is checked starts the watch, and not the run, because a run that
 * checks nothing must not have a hook in gRPC. {@link Ownership} decides whom a call belongs to.
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
   * @param run the owner of everything that belongs to no test and no class
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

  /** Watches for {@code owner} from now on, until {@link OwnerWatch#end} is called. */
  OwnerWatch begin(Owner owner) {
    // The application may have set configurators of its own in the meantime.
    watch.refresh();
    return new OwnerWatch(owner, ownership.begin(owner));
  }

  /** The watch over one owner, from its begin to its end. */
  final class OwnerWatch {

    private final Owner owner;
    private final Marks marks;

    private OwnerWatch(Owner owner, Marks marks) {
      this.owner = owner;
      this.marks = marks;
    }

    /** No further stream belongs to the owner. */
    void end() {
      ownership.end(owner, marks);
      // The test may have deregistered a load balancing policy, and no other check may follow.
      watch.refresh();
    }
  }

  /** Says where a test for which no stream was recorded may have had one all the same. */
  String whatMayBeUnseen() {
    return watch.coverage() == Coverage.WHOLE
        ? ""
        : ", or none that reached a transport. gRPC's configurators cannot be reached, so only the"
            + " transport's side is recorded of channels that are neither injected nor attached";
  }

  /**
   * Ends the watch, and judges what belongs to no test and no class.
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

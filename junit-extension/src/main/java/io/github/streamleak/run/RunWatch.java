package io.github.streamleak.run;

import io.github.streamleak.recorder.CallOwner;
import io.github.streamleak.recorder.CallOwners;
import io.github.streamleak.recorder.ChannelWatch;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.Coverage;
import io.github.streamleak.stream.RecordedStream;
import org.jspecify.annotations.Nullable;

/**
 * Watches every channel of one run, and has each call recorded for its owner.
 *
 * <p>The first test or class that is checked starts the watch, and not the run, because a run that
 * checks nothing must not have a hook in gRPC. {@link Ownership} decides whom a call belongs to,
 * and {@link Lifetime} how long its stream may live.
 */
final class RunWatch {

  private final ChannelWatch watch;
  private final Owner run;
  private final Ownership ownership;
  private final LeftOvers leftOvers;

  /**
   * Starts the watch.
   *
   * @param run the owner of everything that belongs to no test and no class
   * @param parallel whether two tests may run at the same time
   */
  RunWatch(Owner run, LeakParameters parameters, boolean parallel, RunLedger ledger) {
    boolean wholeRun = parameters.watch() == WatchedChannels.ALL;
    this.run = run;
    this.leftOvers = new LeftOvers(run, parameters.ofRun(), wholeRun, ledger);
    run.recordInto(leftOvers.ofTheRun());
    this.ownership = new Ownership(run, leftOvers.unowned(), wholeRun, parallel);
    this.watch = ChannelWatch.start(new Owners());
    watch.tie(leftOvers.ofTheRun(), run, /* shared= */ false);
  }

  /** What gRPC's hooks ask. */
  private final class Owners implements CallOwners {

    @Override
    public @Nullable CallOwner builderOfChannel() {
      ChannelOrigin origin = ownership.ofChannel();
      if (origin == null) {
        return null;
      }
      Owner builder = origin.builder();
      GrpcStreamRecorder recorder = builder == null ? null : builder.recorder();
      return new CallOwner(recorder == null ? leftOvers.ofTheRun() : recorder, origin, "");
    }

    @Override
    public @Nullable CallOwner ownerOfCall(@Nullable Object builder) {
      return ownership.ofCall(originOf(builder));
    }

    @Override
    public @Nullable CallOwner heirOf(
        Object owner, @Nullable Object builder, RecordedStream stream) {
      ChannelOrigin origin = originOf(builder);
      if (origin == null || !(owner instanceof Owner judged)) {
        return null;
      }
      Owner known = origin.builder();
      Owner around = known != null && !known.isTest() && judged.isInside(known) ? known : null;
      boolean outlives =
          around != null || origin.isShared() || (judged == known && origin.isLent());
      if (!outlives || !Lifetime.mayOutlive(judged, stream)) {
        return null;
      }
      GrpcStreamRecorder ofTheClass = around == null ? null : around.recorder();
      return new CallOwner(
          ofTheClass == null ? leftOvers.longLived() : ofTheClass,
          judged,
          // What a test has opened, its class may hand on.
          stream
              .whyCharged()
              .orElse("opened in " + judged + ", on a channel that lives longer than the test"));
    }

    private static @Nullable ChannelOrigin originOf(@Nullable Object builder) {
      return builder instanceof ChannelOrigin origin
          ? origin
          : builder instanceof Owner owner ? ChannelOrigin.builtBy(owner) : null;
    }
  }

  /** Watches for {@code owner} from now on, until {@link OwnerWatch#end} is called. */
  OwnerWatch begin(Owner owner) {
    // The application may have set configurators of its own in the meantime.
    watch.refresh();
    GrpcStreamRecorder recorder = owner.recorder();
    if (recorder != null) {
      watch.tie(recorder, owner, /* shared= */ !owner.isTest());
    }
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
        ? ", or none on a channel that was seen being built"
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
    run.over();
    leftOvers.judge(reach, channels);
  }
}

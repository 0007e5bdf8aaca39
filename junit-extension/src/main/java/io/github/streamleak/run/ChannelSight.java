package io.github.streamleak.run;

import io.github.streamleak.recorder.CallOwner;
import io.github.streamleak.recorder.CallOwners;
import io.github.streamleak.recorder.ChannelWatch;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Has every channel of a session of tests built so that its calls can be seen later.
 *
 * <p>A check begins with the construction of its extension. A channel in a field that stands above
 * that extension, or of a class whose check an annotation on one of its methods asks for, is built
 * earlier. Whoever launches the tests knows of them before any of their code runs. Nothing is
 * recorded by this: it owns no call.
 */
public final class ChannelSight {

  private static final class Nobody implements CallOwners {
    @Override
    public @Nullable CallOwner builderOfChannel() {
      return null;
    }

    @Override
    public @Nullable CallOwner ownerOfCall(@Nullable Object builder) {
      return null;
    }
  }

  private final ChannelWatch watch = ChannelWatch.start(new Nobody());

  private ChannelSight() {}

  /**
   * Begins; null if the run looks at own channels only, or at none.
   *
   * @param parameters gives the value of a parameter of the run
   */
  public static @Nullable ChannelSight begin(Function<String, Optional<String>> parameters) {
    boolean unwanted =
        parameters
                .apply(ParameterNames.WATCH)
                .filter(WatchedChannels.OWN.name()::equalsIgnoreCase)
                .isPresent()
            || parameters
                .apply(ParameterNames.MODE)
                .filter(LeakMode.OFF.word()::equalsIgnoreCase)
                .isPresent();
    return unwanted ? null : new ChannelSight();
  }

  /** Ends: channels that are built from now on need not be seen. */
  public void end() {
    watch.close();
  }
}

package io.github.streamleak.recorder;

import io.grpc.LoadBalancer.Helper;
import io.grpc.ManagedChannel;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether the root policy of a channel is shut down, or its channel.
 *
 * <p>The policy alone does not tell that of the channel: after {@code shutdown()}, gRPC keeps it
 * until no call may be retried any more. If a server that goes away ends such a call, the policy is
 * shut down at some moment of that teardown, and what is found would depend on who is faster. So
 * the channel itself is asked, which knows at once. gRPC hands it to nobody but who has built it;
 * but the helper of a root policy is an inner class of it. The price is a field that the compiler
 * has made, the same in gRPC from 1.68 to 1.85. If it cannot be read, the policy decides.
 *
 * <p>The helper is kept weakly, because a {@code BuiltChannel} lives longer than the policy. As
 * long as the policy lives, its channel keeps the helper.
 */
final class RootLife {

  /** The field of a helper's class that holds its channel. */
  private static final ClassValue<FoundField> CHANNEL =
      new ClassValue<>() {
        @Override
        protected FoundField computeValue(Class<?> helper) {
          return new FoundField(find(helper));
        }
      };

  private final WeakReference<Helper> helper;
  private volatile boolean policyShutDown;

  RootLife(Helper helper) {
    this.helper = new WeakReference<>(helper);
  }

  /** Notes that the policy is shut down: its channel is too, or has become idle. */
  void shutDown() {
    policyShutDown = true;
  }

  /** Returns whether the policy is shut down, or its channel. */
  boolean isShutDown() {
    if (policyShutDown) {
      return true;
    }
    Helper known = helper.get();
    if (known == null) {
      return true;
    }
    ManagedChannel channel = channelOf(known);
    return channel != null && channel.isShutdown();
  }

  private static @Nullable ManagedChannel channelOf(Helper helper) {
    Field field = CHANNEL.get(helper.getClass()).field();
    try {
      return field == null ? null : (ManagedChannel) field.get(helper);
    } catch (IllegalAccessException e) {
      return null;
    }
  }

  private static @Nullable Field find(Class<?> helper) {
    for (Field field : helper.getDeclaredFields()) {
      if (ManagedChannel.class.isAssignableFrom(field.getType())) {
        try {
          field.setAccessible(true);
          return field;
        } catch (RuntimeException e) {
          // gRPC is in a module that is not open to us.
          return null;
        }
      }
    }
    return null;
  }

  /** A ClassValue keeps no null. */
  private record FoundField(@Nullable Field field) {}
}

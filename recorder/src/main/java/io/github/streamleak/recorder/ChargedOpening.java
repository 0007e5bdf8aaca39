package io.github.streamleak.recorder;

import io.github.streamleak.stream.LeakCause;
import org.jspecify.annotations.Nullable;

/**
 * The opening stack of a stream, together with why the stream is charged to its owner and on whose
 * behalf it was opened. Only streams for which that is not evident have one.
 *
 * <p>It is kept in the field where other streams keep the bare stack. That is why it extends {@code
 * Throwable}, although nobody throws it: few streams need one, and a further field would make every
 * stream larger.
 */
final class ChargedOpening extends Throwable {

  private static final long serialVersionUID = 1L;

  private final String why;
  private final transient @Nullable Object opener;
  private final @Nullable Throwable stack;
  private final transient @Nullable HandedOver handedOver;

  /**
   * What a stream was like when the owner of its channel took it over.
   *
   * @param actions how many messages the application had asked for and sent until then
   * @param cause why the stream was open then
   */
  record HandedOver(long actions, LeakCause cause) {}

  ChargedOpening(
      String why,
      @Nullable Object opener,
      @Nullable Throwable stack,
      @Nullable HandedOver handedOver) {
    super(null, null, /* enableSuppression= */ false, /* writableStackTrace= */ false);
    this.why = why;
    this.opener = opener;
    this.stack = stack instanceof ChargedOpening charged ? charged.stack : stack;
    this.handedOver = handedOver;
  }

  /** Returns {@code before} with the stack that was taken when the call was made or started. */
  static @Nullable Throwable withStack(@Nullable Throwable before, @Nullable Throwable stack) {
    return before instanceof ChargedOpening charged
        ? new ChargedOpening(charged.why, charged.opener, stack, charged.handedOver)
        : stack;
  }

  /** Returns the stack that {@code opening} holds; null if none was taken. */
  static @Nullable Throwable stackOf(@Nullable Throwable opening) {
    return opening instanceof ChargedOpening charged ? charged.stack : opening;
  }

  /** Returns why the stream is charged to its owner; empty if that is evident. */
  static String whyOf(@Nullable Throwable opening) {
    return opening instanceof ChargedOpening charged ? charged.why : "";
  }

  /** Returns on whose behalf the stream was opened; null if the opening does not say. */
  static @Nullable Object openerOf(@Nullable Throwable opening) {
    return opening instanceof ChargedOpening charged ? charged.opener : null;
  }

  static @Nullable HandedOver handedOverOf(@Nullable Throwable opening) {
    return opening instanceof ChargedOpening charged ? charged.handedOver : null;
  }
}

package io.github.streamleak.lifecycle;

/** Where a {@link Sequence} lets events stand that it does not ask for. */
enum OtherEvents {
  /** Nowhere: the sequence is all that may happen. */
  NOWHERE,
  /** After the last step: the sequence is how the stream begins. */
  AFTERWARDS,
  /** Before, between and after the steps. */
  ANYWHERE
}

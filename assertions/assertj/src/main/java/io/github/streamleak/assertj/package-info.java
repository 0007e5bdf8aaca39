/**
 * Assertions for AssertJ about the life of gRPC client streams.
 *
 * <p>{@link io.github.streamleak.assertj.StreamAssertions} is the entry; the words for events are
 * in {@link io.github.streamleak.recorder.ExpectedEvents}.
 */
@NullMarked
package io.github.streamleak.assertj;

import org.jspecify.annotations.NullMarked;

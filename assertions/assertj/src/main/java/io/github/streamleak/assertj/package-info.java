/**
 * Assertions for AssertJ on the life of gRPC client streams.
 *
 * <p>Begin with {@link io.github.streamleak.assertj.StreamAssertions}; the words for events are in
 * {@link io.github.streamleak.lifecycle.ExpectedEvents}. What an assertion means is decided in the
 * recorder, so that AssertJ's assertions and Truth's mean the same; the classes here wait, collect
 * and put it into words.
 */
@NullMarked
package io.github.streamleak.assertj;

import org.jspecify.annotations.NullMarked;

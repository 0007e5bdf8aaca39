/**
 * Assertions for Truth on the life of gRPC client streams. Begin with {@link
 * io.github.streamleak.truth.StreamTruth#assertThat(io.github.streamleak.recorder.GrpcStreamRecorder)};
 * the words for events are in {@link io.github.streamleak.lifecycle.ExpectedEvents}. What an
 * assertion means is decided in the recorder, so that Truth's assertions and AssertJ's mean the
 * same; the classes here wait and put it into facts.
 *
 * <p>As everywhere in Truth, an assertion returns nothing, and a method that returns a subject
 * leads to a part of the actual value: the failure names the way there under "value of".
 */
@CheckReturnValue
@NullMarked
package io.github.streamleak.truth;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

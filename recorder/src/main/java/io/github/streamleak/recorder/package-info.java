/**
 * Records the life of gRPC client streams, judges which of them are still open, and explains why.
 *
 * <p>{@link io.github.streamleak.recorder.GrpcStreamRecorder} is the entry. It knows no test
 * framework, so it can be used in a {@code main}, a JUnit 4 test or a test of any other kind.
 * {@link io.github.streamleak.recorder.ChannelWatch} records channels that others build.
 */
@NullMarked
package io.github.streamleak.recorder;

import org.jspecify.annotations.NullMarked;

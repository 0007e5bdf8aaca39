/**
 * Fails a JUnit 5 or 6 test that leaves a gRPC client stream open.
 *
 * <p>{@link io.github.streamleak.junit.GrpcStreamLeakCheck} on a test class is all it takes.
 */
@NullMarked
package io.github.streamleak.junit;

import org.jspecify.annotations.NullMarked;

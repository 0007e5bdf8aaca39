/**
 * Fails a JUnit 5 or 6 test that leaves a gRPC client stream open.
 *
 * <p>Put {@link io.github.streamleak.junit.GrpcStreamLeakCheck} on a test class; nothing else is
 * needed.
 */
@NullMarked
package io.github.streamleak.junit;

import org.jspecify.annotations.NullMarked;

package io.github.streamleak.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Sets this field, before {@code @BeforeEach}, to what a parameter of its type would get: a {@code
 * Channel}, a {@code ManagedChannel}, a generated stub, a {@link
 * io.github.streamleak.recorder.GrpcStreamRecorder} or {@link GrpcResources}.
 *
 * <p>An instance field belongs to the test. In a class with {@code @TestInstance(PER_CLASS)} one
 * instance serves all tests, so there the field belongs to the class, and streams opened through it
 * are judged after {@code @AfterAll}. Use a parameter instead if a leak is to be charged to the
 * test. Static and final fields cannot be injected.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface GrpcInject {}

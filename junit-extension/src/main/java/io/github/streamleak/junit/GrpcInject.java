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
 * <p>An instance field belongs to the test. Not so in a class with
 * {@code @TestInstance(PER_CLASS)}: there one instance serves all tests, so the field belongs to
 * the class, and streams opened through it are judged after {@code @AfterAll}. Take a parameter
 * instead where the leak shall be charged to the test. Static and final fields cannot be injected.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface GrpcInject {}

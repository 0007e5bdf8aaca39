package io.github.streamleak.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails each test that leaves a gRPC client stream open, and says which line opened it and what to
 * change.
 *
 * <p>Services in {@link Serve} fields are served in-process, for each test alone. Parameters of
 * tests, life cycle methods and constructors, and fields marked {@link GrpcInject}, may be a {@code
 * Channel}, a {@code ManagedChannel}, any generated stub, a {@link
 * io.github.streamleak.recorder.GrpcStreamRecorder} or {@link GrpcResources}.
 *
 * <p>A stream is judged after the last {@code @AfterEach} of the test that opened it; one opened in
 * {@code @BeforeAll}, on a channel injected there, after {@code @AfterAll} of the class. A test
 * that has failed keeps its failure; the leak is added to it as suppressed.
 *
 * <p>May stand on a class, a method, or another annotation. It is inherited by subclasses and holds
 * for {@code @Nested} classes; of several, the nearest to the test wins whole. Safe under parallel
 * execution: each test has a recorder, a server and a channel of its own.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(GrpcStreamLeakExtension.class)
public @interface GrpcStreamLeakCheck {

  /**
   * How long to wait after a test for its streams to be released: a number and a unit ({@code ms},
   * {@code s} or {@code m}), such as {@code "500 ms"}.
   *
   * <p>Empty, the default, means the configuration parameter {@code streamleak.grace}, or else one
   * second: enough for a cancel on its way over the wire. Only a stream that is still open is
   * waited for, and one that has messages waiting for the test itself for 200 to 400 ms.
   */
  String grace() default "";

  /**
   * What a leak does to the test. By default what the configuration parameter {@code
   * streamleak.mode} says, or else {@link LeakCheckMode#FAIL}.
   */
  LeakCheckMode mode() default LeakCheckMode.CONFIGURED;

  /**
   * How strict the check is about the rules beyond leaks. By default what the configuration
   * parameter {@code streamleak.strictness} says, or else {@link LeakStrictness#NORMAL}.
   */
  LeakStrictness strictness() default LeakStrictness.CONFIGURED;

  /**
   * Rules that are set by themselves, whatever the strictness; none by default. Those that are not
   * named here go by the configuration parameters {@code streamleak.rule.<name>}.
   */
  LeakRule[] rules() default {};
}

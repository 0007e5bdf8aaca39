package io.github.streamleak.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails each test that leaves a gRPC client stream open, and says which line opened the stream and
 * what to change.
 *
 * <p>Services in {@link Serve} fields are served in-process, to each test separately. Parameters of
 * tests, life cycle methods and constructors, and fields marked {@link GrpcInject}, may be a {@code
 * Channel}, a {@code ManagedChannel}, any generated stub, a {@link
 * io.github.streamleak.recorder.GrpcStreamRecorder} or {@link GrpcResources}.
 *
 * <p>A stream is judged after the last {@code @AfterEach} of the test that opened it. A stream that
 * was opened in {@code @BeforeAll}, on a channel injected there, is judged after {@code @AfterAll}
 * of the class. A test that has failed keeps its failure; the leak is added to it as suppressed.
 *
 * <p>May be placed on a class, a method, or another annotation. Subclasses inherit it, and it
 * applies to {@code @Nested} classes. If several apply to a test, the nearest one replaces the
 * others entirely: an attribute that it leaves out does not come from theirs. Safe under parallel
 * execution, because each test has its own recorder, server and channel.
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
   * <p>Empty, the default, means the configuration parameter {@code streamleak.grace}. Without that
   * it is one second, which is enough for a cancel to travel over the wire. The check waits only
   * while a stream is open. If messages are waiting for the test itself, which will not read them
   * any more, it waits for 200 to 400 ms.
   */
  String grace() default "";

  /**
   * What a leak does to the test. By default the configuration parameter {@code streamleak.mode}
   * decides; without it, {@link LeakCheckMode#FAIL} applies.
   */
  LeakCheckMode mode() default LeakCheckMode.CONFIGURED;

  /**
   * How strict the check is about the rules beyond leaks. By default the configuration parameter
   * {@code streamleak.strictness} decides; without it, {@link LeakStrictness#NORMAL} applies.
   */
  LeakStrictness strictness() default LeakStrictness.CONFIGURED;

  /**
   * Rules that are set one by one, whatever the strictness; none by default. For rules that are not
   * named here, the configuration parameters {@code streamleak.rule.<name>} decide.
   */
  LeakRule[] rules() default {};
}

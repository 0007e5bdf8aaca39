package io.github.streamleak.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Excuses streams that are meant to stay open, and their breaches of a rule.
 *
 * <p>On a class it holds for all its tests, those of subclasses and of {@code @Nested} classes
 * included; on a method for that test. Allowances add up. Such a stream is still cancelled after
 * the test, and the report entry {@code streamleak.allowed} names it. An allowance that excused
 * nothing is reported as {@code streamleak.unused-allowance}.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Repeatable(AllowStreamLeak.All.class)
public @interface AllowStreamLeak {

  /**
   * The full method name, {@code package.Service/Method}, in which {@code *} stands for any number
   * of characters.
   */
  String method();

  /**
   * The one cause or rule that is excused, such as {@code NOT_DRAINED} or {@code
   * terminal-not-read}; empty, the default, for all.
   */
  String cause() default "";

  /**
   * The class, or class and method, whose code opens the stream, in which {@code *} stands for any
   * number of characters; empty, the default, for all.
   */
  String openedBy() default "";

  /** Why such a stream may stay open. Required: it is what a reader of the report gets to see. */
  String reason();

  /** Holds several. */
  @Documented
  @Inherited
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.TYPE, ElementType.METHOD})
  @interface All {
    /** The allowances. */
    AllowStreamLeak[] value();
  }
}

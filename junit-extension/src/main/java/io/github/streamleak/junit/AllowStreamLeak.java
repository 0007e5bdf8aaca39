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
 * <p>On a class it applies to all its tests, including those of subclasses and of {@code @Nested}
 * classes; on a method it applies to that test. Allowances add up. An excused stream is still
 * cancelled after the test, and the report entry {@code streamleak.allowed} names it. An allowance
 * that excused nothing is reported as {@code streamleak.unused-allowance}, so that none outlives
 * the stream it was written for.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Repeatable(AllowStreamLeak.All.class)
public @interface AllowStreamLeak {

  /**
   * The full method name, {@code package.Service/Method}. A {@code *} in it matches any number of
   * characters.
   */
  String method();

  /**
   * The one cause or rule that is excused, such as {@code NOT_DRAINED} or {@code
   * terminal-not-read}. Empty, the default, excuses all of them.
   */
  String cause() default "";

  /**
   * The class, or class and method, whose code opens the stream. A {@code *} in it matches any
   * number of characters. Empty, the default, matches every class.
   */
  String openedBy() default "";

  /** Why such a stream may stay open. Required, because readers of the report see it. */
  String reason();

  /** Holds several allowances, as Java asks for. */
  @Documented
  @Inherited
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.TYPE, ElementType.METHOD})
  @interface All {
    /** The allowances. */
    AllowStreamLeak[] value();
  }
}

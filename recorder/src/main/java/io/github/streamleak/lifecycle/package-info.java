/**
 * What a test expects of the events of a stream, and whether it holds: matchers, expectations of
 * order and number, and the table that shows expected and recorded side by side.
 *
 * <p>The assertions for AssertJ and Truth wrap what is here, so that they mean the same.
 */
@NullMarked
package io.github.streamleak.lifecycle;

import org.jspecify.annotations.NullMarked;

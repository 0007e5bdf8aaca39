/**
 * What the packages of this module share, and nobody else may use: how values read in a text, and
 * the one way to make the values of a lower package.
 *
 * <p>Not part of the public interface. It may change in any release, without a word in the change
 * log. It is the lowest of the packages and imports none of them.
 */
@NullMarked
package io.github.streamleak.internal;

import org.jspecify.annotations.NullMarked;

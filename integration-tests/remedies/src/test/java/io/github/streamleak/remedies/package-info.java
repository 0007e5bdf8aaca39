/** Puts the remedies that a report prints into the programs that leak, and runs them. */
@NullMarked
package io.github.streamleak.remedies;

import org.jspecify.annotations.NullMarked;

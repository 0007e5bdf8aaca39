/** The pieces of docs/ci.md, as a user would take them. */
@NullMarked
package io.github.streamleak.ci;

import org.jspecify.annotations.NullMarked;

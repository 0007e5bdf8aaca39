/** What holds for all packages of the recorder. */
@NullMarked
package io.github.streamleak;

import org.jspecify.annotations.NullMarked;

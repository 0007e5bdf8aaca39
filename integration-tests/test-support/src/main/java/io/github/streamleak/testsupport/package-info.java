/** What the tests of all modules need and no module of ours: servers, channels, waits. */
@NullMarked
package io.github.streamleak.testsupport;

import org.jspecify.annotations.NullMarked;

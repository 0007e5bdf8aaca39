/** What the check costs, in ratios that are each measured within one run. */
@NullMarked
package io.github.streamleak.benchmarks;

import org.jspecify.annotations.NullMarked;

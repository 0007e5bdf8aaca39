/**
 * The conformance grid: one verdict for every stub kind, every ending, every transport.
 *
 * <p>{@link io.github.streamleak.conformance.Cases} states each case once, with the verdict that
 * the rules demand; {@link io.github.streamleak.conformance.ConformanceTest} runs it as a cell on
 * every transport.
 */
@NullMarked
package io.github.streamleak.conformance;

import org.jspecify.annotations.NullMarked;

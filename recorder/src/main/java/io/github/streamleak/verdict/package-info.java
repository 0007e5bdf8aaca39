/**
 * Judges recorded streams: rules and their severity, allowances, findings, the verdict, and the
 * texts that say what to change.
 *
 * <p>{@link io.github.streamleak.verdict.StreamLeakPolicy} is what goes in, {@link
 * io.github.streamleak.verdict.StreamVerdict} is what comes out. A new rule goes here: a constant
 * of {@link io.github.streamleak.verdict.StreamRule} with its severities and what breaks it, and
 * its {@link io.github.streamleak.verdict.Remedy}.
 */
@NullMarked
package io.github.streamleak.verdict;

import org.jspecify.annotations.NullMarked;

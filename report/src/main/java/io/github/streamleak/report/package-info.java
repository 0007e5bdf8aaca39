/**
 * Writes what a test run found about its gRPC client streams: JSON, SARIF, Markdown and a page, one
 * set for all the JVMs of a build.
 *
 * <p>{@link io.github.streamleak.report.StreamReport} collects, {@link
 * io.github.streamleak.report.ReportWriter} writes and merges, {@link
 * io.github.streamleak.report.Main} does so from a command line. It knows no test framework.
 */
@NullMarked
package io.github.streamleak.report;

import org.jspecify.annotations.NullMarked;

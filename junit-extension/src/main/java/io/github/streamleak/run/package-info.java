/**
 * Support for runners: decides which test owns a stream, collects what a run has found, and judges
 * tests, classes and the run.
 *
 * <p><b>This package is for extensions, rules and listeners that run the check, and not for
 * users.</b> Its public types may change from one version to the next. Users find what they need in
 * the package of their runner, such as {@code io.github.streamleak.junit}.
 *
 * <p>Nothing here knows a test framework, so that JUnit 4 and TestNG can have the same check as
 * JUnit Jupiter. What only the runner knows, it tells through {@link
 * io.github.streamleak.run.Runner} and {@link io.github.streamleak.run.TestHandle}: the values of
 * parameters, when the run ends, whether a test has failed. A runner makes one {@link
 * io.github.streamleak.run.LeakRun} in each run, and one {@link
 * io.github.streamleak.run.ScopeCheck} for each test and class.
 */
@NullMarked
package io.github.streamleak.run;

import org.jspecify.annotations.NullMarked;

/**
 * Support for runners: whose a stream is, what a run has found, and how a test, a class and the run
 * are judged.
 *
 * <p><b>For extensions, rules and listeners that run the check, and not for users.</b> Its public
 * types may change from one version to the next. Users find what they need in the package of their
 * runner, such as {@code io.github.streamleak.junit}.
 *
 * <p>Nothing here knows a test framework. A runner says through {@link
 * io.github.streamleak.run.Runner} and {@link io.github.streamleak.run.TestHandle} what only it can
 * know: the values of parameters, when the run ends, whether a test has failed. {@link
 * io.github.streamleak.run.LeakRun} is where a runner begins, once in each run; for each test and
 * class it makes a {@link io.github.streamleak.run.ScopeCheck}.
 */
@NullMarked
package io.github.streamleak.run;

import org.jspecify.annotations.NullMarked;

/** A runner of tests that knows nothing of JUnit, on what the module has for such runners. */
@NullMarked
package acme.runner;

import org.jspecify.annotations.NullMarked;

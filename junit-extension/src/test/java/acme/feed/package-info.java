/** Somebody else's client, in no package of a test. */
@NullMarked
package acme.feed;

import org.jspecify.annotations.NullMarked;

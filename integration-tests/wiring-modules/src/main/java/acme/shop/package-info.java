/** A service, a client that builds its own channel, and the suite that uses both. */
@NullMarked
package acme.shop;

import org.jspecify.annotations.NullMarked;

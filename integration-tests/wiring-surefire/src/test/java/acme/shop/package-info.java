/** A suite as others have it: JUnit tests, a client that builds its own channel, Netty. */
@NullMarked
package acme.shop;

import org.jspecify.annotations.NullMarked;

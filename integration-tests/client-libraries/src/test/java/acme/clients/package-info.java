/** A user's clients, each written with another library. */
@NullMarked
package acme.clients;

import org.jspecify.annotations.NullMarked;

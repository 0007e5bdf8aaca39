/** What a user of gRPC writes or generates: a service, its stubs, and a client. */
@NullMarked
package acme.market;

import org.jspecify.annotations.NullMarked;

/** A suite in Kotlin, as others have it, and what reads its reports. */
@NullMarked
package acme.shop;

import org.jspecify.annotations.NullMarked;

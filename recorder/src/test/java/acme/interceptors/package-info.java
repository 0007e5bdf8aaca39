/** What users put between their line and a call. */
@NullMarked
package acme.interceptors;

import org.jspecify.annotations.NullMarked;

/** Tests of frameworks that Streamleak has no extension for. */
@NullMarked
package acme.market;

import org.jspecify.annotations.NullMarked;

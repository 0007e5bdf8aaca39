/** A small market data application: one service, and clients that own the streams they open. */
@NullMarked
package io.github.streamleak.examples.market;

import org.jspecify.annotations.NullMarked;

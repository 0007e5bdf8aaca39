package io.github.streamleak.examples.market.docs;

import io.github.streamleak.junit.AllowStreamLeak;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;

// snippet:meta
/** A test of the market: patient, and with a subscription that may stay open. */
@Test
@GrpcStreamLeakCheck(grace = "3 s")
@AllowStreamLeak(method = "market.Market/Subscribe", reason = "lives as long as the client")
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface MarketTest {}

// end:meta

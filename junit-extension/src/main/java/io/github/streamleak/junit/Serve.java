package io.github.streamleak.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Serves the service in this field in-process to the channels and stubs of the test.
 *
 * <p>The field holds a {@link io.grpc.BindableService} or a {@link
 * io.grpc.ServerServiceDefinition}, and may be private. Each test has its own server, which serves
 * the instance fields of the test instance and the static fields of its class. A static field is
 * served to {@code @BeforeAll} and {@code @AfterAll} as well. The field is read when a channel or
 * stub is first needed, so that another extension may fill it before.
 *
 * <p>Fields are also found in superclasses, and in the outer classes of a {@code @Nested} class.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Serve {}

package io.github.streamleak.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;

/**
 * The one way from a package of this module into the constructors of a lower one.
 *
 * <p>Background: what was recorded, and what was found, are values that a user reads and never
 * makes: a made-up stream in a test would prove nothing, and a public constructor could never get
 * another parameter. So these types have no public constructor and no public factory; but the
 * recorder stands in another package and has to make them. Java has no visibility for "this module
 * only" on the class path. A public factory in an exported package would be an invitation; an
 * interface here would have to name the types of higher packages, a circle. A method handle names
 * nothing and costs what a call costs. The price is that a wrong argument is found when the handle
 * is first used and not by the compiler; so all handles stand in one class with typed methods, and
 * any test that records a stream goes through them.
 */
public final class Bridge {

  private static final String MODULE = "io.github.streamleak.";

  private Bridge() {}

  /**
   * Returns a handle on the only constructor of {@code owner}, whatever its visibility.
   *
   * @throws IllegalArgumentException if {@code owner} is not of this module, or has several
   */
  public static MethodHandle constructor(Class<?> owner) {
    List<Constructor<?>> all = List.of(owner.getDeclaredConstructors());
    return handle(owner, "constructors", all, MethodHandles.Lookup::unreflectConstructor);
  }

  /**
   * Returns a handle on the only static method of {@code owner} that bears {@code name}, whatever
   * its visibility.
   *
   * @throws IllegalArgumentException if {@code owner} is not of this module, or has no such method
   *     or several
   */
  public static MethodHandle method(Class<?> owner, String name) {
    List<Method> all =
        Arrays.stream(owner.getDeclaredMethods())
            .filter(method -> method.getName().equals(name) && !method.isSynthetic())
            .filter(method -> Modifier.isStatic(method.getModifiers()))
            .toList();
    return handle(owner, "static methods named " + name, all, MethodHandles.Lookup::unreflect);
  }

  private interface Unreflect<M> {
    MethodHandle apply(MethodHandles.Lookup lookup, M member) throws IllegalAccessException;
  }

  private static <M> MethodHandle handle(
      Class<?> owner, String what, List<M> found, Unreflect<M> unreflect) {
    if (!owner.getName().startsWith(MODULE)) {
      throw new IllegalArgumentException(owner.getName() + " is no class of Streamleak");
    }
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          owner.getName() + " has " + found.size() + " " + what + ", not one");
    }
    try {
      return unreflect.apply(
          MethodHandles.privateLookupIn(owner, MethodHandles.lookup()), found.get(0));
    } catch (IllegalAccessException e) {
      throw new IllegalArgumentException(owner.getName() + " is in another module", e);
    }
  }

  /**
   * Returns what to throw where a call of a handle threw: a handle's type says that anything may
   * come.
   */
  public static Error unexpected(Throwable thrown) {
    if (thrown instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    return new AssertionError(thrown);
  }
}

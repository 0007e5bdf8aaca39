package io.github.streamleak.junit;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * Keeps what the extensions need in JUnit's stores: one value of a type for the run, and one for
 * each context.
 *
 * <p>The store of a context also finds what is in the stores of the contexts around it. So each
 * value is kept together with its context. A key that contains the context's id would serve as
 * well, but would have to be built for every look.
 */
final class Stores {

  private static final Namespace NAMESPACE = Namespace.create(Stores.class);

  /** Two tests may ask for the first time at once. */
  private static final Object LOCK = new Object();

  /** A value, and the context that it is kept for. */
  record Kept<T>(ExtensionContext context, T value) {

    boolean isOf(ExtensionContext context) {
      return this.context == context || this.context.getUniqueId().equals(context.getUniqueId());
    }
  }

  private Stores() {}

  /**
   * Returns the value that is kept for the run of {@code context}. It is made when it is first
   * asked for.
   *
   * @param make makes the value for the root context, which outlives all others
   */
  // JUnit's own method for this has another name in each major version.
  static <T> T ofRun(ExtensionContext context, Class<T> type, Function<ExtensionContext, T> make) {
    ExtensionContext root = context.getRoot();
    Store store = root.getStore(NAMESPACE);
    synchronized (LOCK) {
      T known = store.get(type, type);
      if (known == null) {
        known = make.apply(root);
        store.put(type, known);
      }
      return known;
    }
  }

  /** Keeps {@code value} for exactly this context. */
  static <T> void keep(ExtensionContext context, Class<T> type, T value) {
    context.getStore(NAMESPACE).put(type, new Kept<>(context, value));
  }

  /** Returns the value that is kept for exactly this context; null if there is none. */
  static <T> @Nullable T of(ExtensionContext context, Class<T> type) {
    Kept<T> nearest = nearest(context, type);
    return nearest != null && nearest.isOf(context) ? nearest.value() : null;
  }

  /** Returns the value of this context or of the nearest one around it; null if there is none. */
  @SuppressWarnings("unchecked") // keep() puts nothing else under this key.
  static <T> @Nullable Kept<T> nearest(ExtensionContext context, Class<T> type) {
    return (Kept<T>) context.getStore(NAMESPACE).get(type, Kept.class);
  }

  /**
   * Has the actions of this context run after everything that is put into its store from now on is
   * closed. Called before any other extension is: what they put there, such as a client that they
   * close, is then closed before the verdict.
   */
  static void reserveClose(ExtensionContext context) {
    if (of(context, AtClose.class) == null) {
      AtClose reserved = new AtClose();
      context.getStore(NAMESPACE).put(new Object(), reserved);
      keep(context, AtClose.class, reserved);
    }
  }

  /**
   * Runs {@code action} when JUnit closes the context: after all callbacks. What was put into the
   * stores of a context last is closed first.
   *
   * @param action an error that it throws fails the test, the class or the run
   */
  static void atClose(ExtensionContext context, Runnable action) {
    AtClose reserved = of(context, AtClose.class);
    if (reserved == null) {
      // Each action has a key of its own: a class may have two scopes, both of which have to end.
      reserved = new AtClose();
      context.getStore(NAMESPACE).put(new Object(), reserved);
    }
    reserved.add(action);
  }
}

package io.github.streamleak.junit;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * What the extensions keep in JUnit's stores: one thing of a type for the run, and one for each
 * context.
 *
 * <p>A store also answers for the contexts around its own. So what is kept for a context says which
 * one it is of; a key with the context's id would do as well, but would be built anew for each
 * look.
 */
final class Stores {

  private static final Namespace NAMESPACE = Namespace.create(Stores.class);

  /** Two tests may be the first to ask at the same time. */
  private static final Object LOCK = new Object();

  /** What is kept, and the context that it is kept for. */
  record Kept<T>(ExtensionContext context, T value) {

    boolean isOf(ExtensionContext context) {
      return this.context == context || this.context.getUniqueId().equals(context.getUniqueId());
    }
  }

  private Stores() {}

  /**
   * Returns what is kept for the run of {@code context}, made when first asked for.
   *
   * @param make makes it for the root context, which outlives all others
   */
  // JUnit's own method for it has another name in each major version.
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

  /** Returns what is kept for exactly this context; null if nothing is. */
  static <T> @Nullable T of(ExtensionContext context, Class<T> type) {
    Kept<T> nearest = nearest(context, type);
    return nearest != null && nearest.isOf(context) ? nearest.value() : null;
  }

  /** Returns what is kept for this context or for the nearest around it; null if nothing is. */
  @SuppressWarnings("unchecked") // keep() puts nothing else under this key.
  static <T> @Nullable Kept<T> nearest(ExtensionContext context, Class<T> type) {
    return (Kept<T>) context.getStore(NAMESPACE).get(type, Kept.class);
  }

  /**
   * Has {@code action} run when JUnit closes the context: after all callbacks, in the reverse order
   * of what its stores were given.
   *
   * @param action an error that it throws fails the test or class, or the run
   */
  static void atClose(ExtensionContext context, Runnable action) {
    // A key of its own: a class may have two scopes.
    context.getStore(NAMESPACE).put(new Object(), new AtClose(action));
  }
}

package io.github.streamleak.junit;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives each scope a name for its in-process server.
 *
 * <p>Names of in-process servers hold for the whole JVM, and two scopes of one name may exist at
 * the same time: repetitions of a test that run in parallel, or a run that is started inside
 * another. So the names in use are kept in a static field.
 */
final class ServerNames {

  private static final Set<String> IN_USE = ConcurrentHashMap.newKeySet();

  private ServerNames() {}

  /** Returns a name that no other scope gets until it is given back. */
  static String take(String scope) {
    String base = "in-process:" + scope;
    String candidate = base;
    for (int i = 2; !IN_USE.add(candidate); i++) {
      candidate = base + "-" + i;
    }
    return candidate;
  }

  static void giveBack(String name) {
    IN_USE.remove(name);
  }
}

package io.github.streamleak.junit;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of the in-process servers that this JVM has at the moment.
 *
 * <p>In-process names are the JVM's, and two scopes of one name may overlap: repetitions of a test
 * that run at the same time, or one run inside another. So the names in use are static.
 */
final class ServerNames {

  private static final Set<String> IN_USE = ConcurrentHashMap.newKeySet();

  private ServerNames() {}

  /** Returns a name that no other scope has until it is given back. */
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

package io.github.streamleak.junit;

import io.github.streamleak.run.SettingsLayer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The check that all extensions of a test or class share.
 *
 * <p>An annotation and several builders may apply to one test. Each of them registers an extension,
 * and JUnit calls them all. The first one begins the check and the others join it: their settings
 * and services are added, and nothing is checked twice.
 */
final class SharedCheck {

  private final List<CodeSettings> joined = new ArrayList<>(1);
  private @Nullable LeakScope ofTest;
  private @Nullable LeakScope ofClass;

  /** What the extension was given that has begun the check. It is the one that injects. */
  private @Nullable CodeSettings beganBy;

  /** Returns the check of exactly this test or class; null if none has begun. */
  static @Nullable SharedCheck of(ExtensionContext context) {
    return Stores.of(context, SharedCheck.class);
  }

  /** Returns the check of exactly this test or class. It is made if there is none. */
  static SharedCheck orNew(ExtensionContext context) {
    SharedCheck known = of(context);
    if (known == null) {
      known = new SharedCheck();
      Stores.keep(context, SharedCheck.class, known);
    }
    return known;
  }

  /**
   * Returns whether the extension with these settings began the check: what is done once is its.
   */
  static boolean isBegunBy(ExtensionContext context, CodeSettings settings) {
    SharedCheck check = of(context);
    return check != null && check.leavesInjectionTo(settings);
  }

  /** Returns the scope of the nearest class whose check has begun; null if there is none. */
  static @Nullable LeakScope scopeOfClassAround(ExtensionContext context) {
    ExtensionContext from = context;
    while (from != null) {
      Stores.Kept<SharedCheck> nearest = Stores.nearest(from, SharedCheck.class);
      if (nearest == null || nearest.value().ofClass != null) {
        return nearest == null ? null : nearest.value().ofClass;
      }
      from = nearest.context().getParent().orElse(null);
    }
    return null;
  }

  @Nullable LeakScope ofTest() {
    return ofTest;
  }

  @Nullable LeakScope ofClass() {
    return ofClass;
  }

  void beginTest(LeakScope scope, CodeSettings by) {
    ofTest = scope;
    beganBy = by;
  }

  void beginClass(LeakScope scope, CodeSettings by) {
    ofClass = scope;
    beganBy = by;
  }

  /** Returns whether the extension with these settings may inject: no other one does. */
  boolean leavesInjectionTo(CodeSettings settings) {
    return beganBy == null || beganBy == settings;
  }

  /** Adds what an extension was given in code, unless it has joined already. */
  void join(CodeSettings settings, LeakScope scope) {
    if (!hasJoined(settings)) {
      joined.add(settings);
      scope.fixture().serve(settings.services());
    }
  }

  private boolean hasJoined(CodeSettings settings) {
    for (CodeSettings known : joined) {
      if (known == settings) {
        return true;
      }
    }
    return false;
  }

  /** Returns what all extensions that have joined were given, together with {@code settings}. */
  SettingsLayer layerWith(CodeSettings settings) {
    SettingsLayer all = SettingsLayer.EMPTY;
    for (CodeSettings known : joined) {
      all = all.and(known.layer());
    }
    return hasJoined(settings) ? all : all.and(settings.layer());
  }
}

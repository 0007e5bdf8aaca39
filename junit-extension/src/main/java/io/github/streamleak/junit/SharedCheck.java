package io.github.streamleak.junit;

import io.github.streamleak.run.SettingsLayer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What the extensions of one test or class share: an annotation and several builders may hold for
 * it, and make one check together.
 */
final class SharedCheck {

  private final List<CodeSettings> joined = new ArrayList<>(1);
  private @Nullable LeakScope ofTest;
  private @Nullable LeakScope ofClass;

  /** The extension that has begun the check, and answers for injection. */
  private @Nullable CodeSettings beganBy;

  /** Returns the check of exactly this test or class; null if none has begun. */
  static @Nullable SharedCheck of(ExtensionContext context) {
    return Stores.of(context, SharedCheck.class);
  }

  /** Returns the check of exactly this test or class, made when first asked for. */
  static SharedCheck orNew(ExtensionContext context) {
    SharedCheck known = of(context);
    if (known == null) {
      known = new SharedCheck();
      Stores.keep(context, SharedCheck.class, known);
    }
    return known;
  }

  /** Returns the scope of the nearest class whose check was begun; null if there is none. */
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

  /** Returns whether no other extension than {@code settings}' answers for injection. */
  boolean leavesInjectionTo(CodeSettings settings) {
    return beganBy == null || beganBy == settings;
  }

  /** Adds what an extension was given in code to a check that others may share. */
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

  /** Returns what all that have joined were given, and {@code settings}, which may be about to. */
  SettingsLayer layerWith(CodeSettings settings) {
    SettingsLayer all = SettingsLayer.EMPTY;
    for (CodeSettings known : joined) {
      all = all.and(known.layer());
    }
    return hasJoined(settings) ? all : all.and(settings.layer());
  }
}

package io.github.streamleak.junit;

import io.github.streamleak.run.LeakParameters;
import io.github.streamleak.run.LeakSettings;
import io.github.streamleak.run.SettingsLayer;
import io.github.streamleak.verdict.Strictness;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The settings of the tests and classes of one run.
 *
 * <p>They are worked out once for each test method and class, because annotations and parameters do
 * not change during the run and every callback asks. A mistake is not cached, because each test has
 * to fail for it.
 */
final class TestSettings {

  private record Key(Optional<Class<?>> testClass, Optional<Method> method, Strictness unasked) {}

  private final Map<Key, LeakSettings> known = new ConcurrentHashMap<>();

  private TestSettings() {}

  /**
   * Returns the settings for a test or class.
   *
   * @param inCode what was set in code
   * @param unasked how strict the check is if nobody has set it
   */
  static LeakSettings of(ExtensionContext context, SettingsLayer inCode, Strictness unasked) {
    if (!inCode.isEmpty()) {
      // An extension in an instance field is another one for each test. Its settings would pile up.
      return workOut(context, inCode, unasked);
    }
    Map<Key, LeakSettings> known =
        Stores.ofRun(context, TestSettings.class, root -> new TestSettings()).known;
    Key key = new Key(context.getTestClass(), context.getTestMethod(), unasked);
    LeakSettings settings = known.get(key);
    if (settings == null) {
      settings = workOut(context, inCode, unasked);
      known.put(key, settings);
    }
    return settings;
  }

  private static LeakSettings workOut(
      ExtensionContext context, SettingsLayer inCode, Strictness unasked) {
    LeakParameters parameters = JupiterRunner.runOf(context).parameters();
    return parameters.settings(Annotations.layer(context, parameters.reader()), inCode, unasked);
  }
}

package io.github.streamleak.junit;

import io.github.streamleak.run.LeakRun;
import io.github.streamleak.run.Runner;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Answers for JUnit Jupiter what the check of a run has to ask. */
final class JupiterRunner implements Runner {

  private static final Wording WORDING =
      new Wording(
          "@AllowStreamLeak",
          "@AllowStreamLeak(method = \"%s\", reason = \"why it may stay open\")",
          "an injected one, one of GrpcResources.newChannel, one the recorder is attached to");

  private final ExtensionContext root;

  private JupiterRunner(ExtensionContext root) {
    this.root = root;
  }

  /** Returns the run that {@code context} is part of. */
  static LeakRun runOf(ExtensionContext context) {
    return Stores.ofRun(context, LeakRun.class, root -> LeakRun.of(new JupiterRunner(root)));
  }

  /** Rejects misspelt parameters. */
  static void requireKnownParameters(ExtensionContext context) {
    runOf(context).parameters().requireKnownNames(JupiterRunner::writtenParameters);
  }

  /**
   * Returns the names of the parameters in system properties and in {@code
   * junit-platform.properties}. JUnit itself gives the value of a name, but not the names.
   */
  private static Set<String> writtenParameters() {
    Set<String> written = new TreeSet<>(System.getProperties().stringPropertyNames());
    try {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      if (loader == null) {
        loader = JupiterRunner.class.getClassLoader();
      }
      for (URL file : Collections.list(loader.getResources("junit-platform.properties"))) {
        try (InputStream in = file.openStream()) {
          Properties properties = new Properties();
          properties.load(in);
          written.addAll(properties.stringPropertyNames());
        }
      }
    } catch (IOException e) {
      // JUnit reads the same file and says what is wrong with it.
    }
    return written;
  }

  @Override
  public Optional<String> parameter(String name) {
    return root.getConfigurationParameter(name);
  }

  @Override
  public boolean runsInParallel() {
    return root.getConfigurationParameter("junit.jupiter.execution.parallel.enabled")
        .map(Boolean::parseBoolean)
        .orElse(false);
  }

  @Override
  public void atEnd(Runnable action) {
    Stores.atClose(root, action);
  }

  @Override
  public RuntimeException misuse(String message, @Nullable Throwable cause) {
    return cause == null
        ? new ExtensionConfigurationException(message)
        : new ExtensionConfigurationException(message, cause);
  }

  @Override
  public Wording wording() {
    return WORDING;
  }
}

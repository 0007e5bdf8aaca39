package io.github.streamleak.junit;

import io.github.streamleak.run.SettingsLayer;
import java.util.List;

/**
 * What a {@link GrpcStreamLeakExtension} was given in code.
 *
 * <p>This is not a record, because each extension is recognized by its own object. Two extensions
 * that were given the same are still two.
 */
final class CodeSettings {

  private final List<Object> services;
  private final SettingsLayer layer;

  CodeSettings(List<Object> services, SettingsLayer layer) {
    this.services = List.copyOf(services);
    this.layer = layer;
  }

  /** Returns the settings of an extension that was given nothing. */
  static CodeSettings nothing() {
    return new CodeSettings(List.of(), SettingsLayer.EMPTY);
  }

  /** Returns the services to serve, as {@link Serve} would. */
  List<Object> services() {
    return services;
  }

  /** Returns everything but the services. */
  SettingsLayer layer() {
    return layer;
  }
}

package io.github.streamleak.junit;

import io.github.streamleak.run.SettingsLayer;
import java.util.List;

/**
 * What a {@link GrpcStreamLeakExtension} was given in code.
 *
 * <p>Not a record: each extension has one of its own, by which it is told from others that were
 * given the same.
 */
final class CodeSettings {

  private final List<Object> services;
  private final SettingsLayer layer;

  CodeSettings(List<Object> services, SettingsLayer layer) {
    this.services = List.copyOf(services);
    this.layer = layer;
  }

  /** Returns those of an extension that was given nothing. */
  static CodeSettings nothing() {
    return new CodeSettings(List.of(), SettingsLayer.EMPTY);
  }

  /** Returns the services to serve, as {@link Serve} would. */
  List<Object> services() {
    return services;
  }

  /** Returns all that is not a service. */
  SettingsLayer layer() {
    return layer;
  }
}

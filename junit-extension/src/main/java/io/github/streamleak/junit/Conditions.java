package io.github.streamleak.junit;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What the extensions do when JUnit asks whether a test or class is disabled: it is never, but that
 * is the first moment at which they are told of it, before any other extension can put anything
 * into its store.
 */
final class Conditions {

  private static final ConditionEvaluationResult ENABLED =
      ConditionEvaluationResult.enabled("the check for gRPC stream leaks disables nothing");

  private Conditions() {}

  static ConditionEvaluationResult reserveClose(ExtensionContext context) {
    if (context.getTestClass().isPresent()) {
      // A client that another extension keeps for the run is closed before the run is judged.
      Stores.reserveClose(context.getRoot());
      Stores.reserveClose(context);
    }
    return ENABLED;
  }
}

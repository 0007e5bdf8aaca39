package io.github.streamleak.report;

import java.util.List;
import java.util.Map;

/** Knows the services for continuous integration by the environment that they set. */
final class ContinuousIntegration {

  /** Most services set CI; these name the others by a variable of their own. */
  private static final List<String> OWN_VARIABLES =
      List.of("GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD");

  private ContinuousIntegration() {}

  static boolean isIn(Map<String, String> environment) {
    String ci = environment.getOrDefault("CI", "").strip();
    return !(ci.isEmpty() || ci.equalsIgnoreCase("false") || ci.equals("0"))
        || OWN_VARIABLES.stream().anyMatch(name -> !environment.getOrDefault(name, "").isBlank());
  }
}

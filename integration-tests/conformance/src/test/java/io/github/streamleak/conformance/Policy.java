package io.github.streamleak.conformance;

/** The load balancing policies at the root of a channel. */
enum Policy {
  PICK_FIRST("pick_first"),
  /** Over three servers. */
  ROUND_ROBIN("round_robin"),
  /** Over three servers. */
  LEAST_REQUEST("least_request_experimental"),
  /** Registered by a service file, as a user would, with a tracer factory of its own. */
  USERS_OWN(UserPolicy.NAME);

  private final String policyName;

  Policy(String policyName) {
    this.policyName = policyName;
  }

  String policyName() {
    return policyName;
  }

  int backends() {
    return this == ROUND_ROBIN || this == LEAST_REQUEST ? Transport.BACKENDS : 1;
  }
}

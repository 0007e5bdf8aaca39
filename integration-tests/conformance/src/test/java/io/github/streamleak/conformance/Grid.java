package io.github.streamleak.conformance;

import java.util.ArrayList;
import java.util.List;

/** All cells: which case runs on which transport and policy. */
final class Grid {

  /** The transports that the policies other than pick_first are tried on. */
  static final List<Transport> OF_POLICIES = List.of(Transport.IN_PROCESS_DIRECT, Transport.NETTY);

  private Grid() {}

  /** Where a case runs. */
  record Place(Case toRun, Transport transport, Policy policy) {
    void run() throws Exception {
      try (Cell cell = new Cell(toRun, transport, policy)) {
        toRun.steps.take(cell);
        cell.judge();
      }
    }

    @Override
    public String toString() {
      return toRun + " | " + transport.text() + " | " + policy.policyName();
    }
  }

  static List<Place> cells() {
    List<Place> cells = new ArrayList<>();
    for (Case each : Cases.all()) {
      for (Transport transport : each.transports) {
        cells.add(new Place(each, transport, Policy.PICK_FIRST));
      }
      if (each.onEveryPolicy) {
        for (Policy policy : Policy.values()) {
          for (Transport transport : OF_POLICIES) {
            if (policy != Policy.PICK_FIRST && each.transports.contains(transport)) {
              cells.add(new Place(each, transport, policy));
            }
          }
        }
      }
    }
    return cells;
  }
}

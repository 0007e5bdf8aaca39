package io.github.streamleak.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.testsupport.Transport;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs drawn at random, on two transports, against {@link Model}. {@code -Dprograms=10000} runs
 * that many, {@code -Dprograms.seed=...} those of an earlier run.
 */
final class ProgramsTest {

  private static final int IN_CI = 400;

  /** Programs that throw make gRPC log each exception. Kept, or the level is lost with it. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private static final Map<Transport, Rig> RIGS = new EnumMap<>(Transport.class);

  @BeforeAll
  static void connect() {
    GRPC.setLevel(Level.OFF);
    for (Transport transport : List.of(Transport.IN_PROCESS_DIRECT, Transport.NETTY)) {
      RIGS.put(transport, new Rig(transport));
    }
  }

  @AfterAll
  static void close() {
    RIGS.values().forEach(Rig::close);
    GRPC.setLevel(null);
  }

  private static List<String> failures(Program program) {
    return failures(program, new TreeMap<>());
  }

  /** Runs a program on every transport, and returns what was not as the model says. */
  private static List<String> failures(Program program, Map<String, Integer> ends) {
    List<String> failures = new ArrayList<>();
    Map<Transport, Machine.Outcome> outcomes = new EnumMap<>(Transport.class);
    RIGS.forEach(
        (transport, rig) -> {
          Machine.Outcome outcome = Machine.run(rig, transport, program);
          outcomes.put(transport, outcome);
          outcome.failures().forEach(failure -> failures.add(transport + " " + failure));
        });
    String inProcess = verdict(outcomes.get(Transport.IN_PROCESS_DIRECT));
    String netty = verdict(outcomes.get(Transport.NETTY));
    ends.merge(inProcess, 1, Integer::sum);
    if (!inProcess.equals(netty)) {
      String why =
          outcomes.get(Transport.IN_PROCESS_DIRECT).model().quirks()
              + " in process, "
              + outcomes.get(Transport.NETTY).model().quirks()
              + " on Netty";
      ends.merge("differs by transport, " + why, 1, Integer::sum);
      if (why.equals("[] in process, [] on Netty")) {
        failures.add(
            "verdict in process: " + inProcess + ", on Netty: " + netty + ", and no reason known");
      }
    }
    return failures;
  }

  private static String verdict(Machine.Outcome outcome) {
    Life end = outcome.end();
    if (!outcome.model().started()) {
      return "never started";
    }
    return end.open() ? "open, " + end.cause() : "released, " + end.releases();
  }

  @Test
  void programsDrawnAtRandomAreRecordedAsTheModelSaysTest() {
    int programs = Integer.getInteger("programs", IN_CI);
    long seed = Long.getLong("programs.seed", new SplittableRandom().nextLong());
    System.out.println(programs + " programs of -Dprograms.seed=" + seed);
    Map<String, Integer> ends = new TreeMap<>();
    for (int number = 0; number < programs; number++) {
      Program program = Program.draw(seed, number);
      List<String> first = failures(program, ends);
      if (!first.isEmpty()) {
        Program smallest = Program.shrink(program, smaller -> !failures(smaller).isEmpty());
        assertThat(failures(smallest))
            .as("-Dprograms.seed=%d, program %d: \"%s\"", seed, number, smallest)
            .isEmpty();
        assertThat(first)
            .as("-Dprograms.seed=%d, program %d, not in every run: \"%s\"", seed, number, program)
            .isEmpty();
      }
    }
    ends.forEach((end, count) -> System.out.printf("%7d %s%n", count, end));
  }

  /** Programs that found something once, a mutant of the recorder or a hole in the model. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "unary: cancel start",
        "unary: contextCancel deadline start",
        "bidi_streaming: start contextCancel deadline",
        "bidi_streaming: server.throw start server.headers send",
        "client_streaming: start server.closeOk send",
        "client_streaming: start halfClose",
        "server_streaming: start server.closeOk contextCancel",
        "server_streaming: start throwOnHeaders server.headers",
        "server_streaming: start cancel",
        "server_streaming: start server.headers server.message server.closeOk",
        "server_streaming/short: start server.headers server.message server.message server.message"
            + " server.message server.message request5 cancel server.closeOk",
        "server_streaming: startElsewhere contextCancel",
        "server_streaming: startElsewhere server.headers server.message server.closeOk"
            + " contextCancel"
      })
  void programsThatOnceFailedTest(String program) {
    assertThat(failures(Program.parse(program))).isEmpty();
  }
}

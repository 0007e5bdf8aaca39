package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which lines belong to the call that a stack trace names one line of. */
class StatementTest {

  private static final String CHAIN =
      """
      void open() {
        // A comment, with an open ( in it.
        Iterator<Price> prices =
            stub.withWaitForReady() // "(" too
                .withDeadlineAfter(5, SECONDS)
                .watch(request("ACME; ("));
        prices.next();
      }
      """;

  private static final String OBSERVER =
      """
      void open() {
        int n = 1;
        stub.watch(
            request,
            new StreamObserver<>() {
              @Override
              public void onNext(Price price) {
                last = price;
              }
            });
        n++;
      }
      """;

  private static final String KOTLIN =
      """
      fun open() {
          val id = next()
          val prices = stub
              .watch(request)
              ?.take(1)
          println(prices)
      }
      """;

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6})
  void chainIsTheSameFromEachOfItsLinesTest(int line) {
    assertThat(around(CHAIN, line))
        .isEqualTo(
            """
            3
            Iterator<Price> prices =
                stub.withWaitForReady() // "(" too
                    .withDeadlineAfter(5, SECONDS)
                    .watch(request("ACME; ("));""");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 8})
  void lineThatStandsAloneHasNoStatementTest(int line) {
    assertThat(Statement.around(CHAIN.lines().toList(), line, 200)).isNull();
  }

  @Test
  void callIsToldToItsLastBracketTest() {
    assertThat(around(OBSERVER, 3))
        .isEqualTo(
            """
            3
            stub.watch(
                request,
                new StreamObserver<>() {
                  @Override
                  public void onNext(Price price) {
                    last = price;
                  }
                });""");
  }

  @Test
  void statementOfKotlinNeedsNoSemicolonTest() {
    assertThat(around(KOTLIN, 4))
        .isEqualTo(
            """
            3
            val prices = stub
                .watch(request)
                ?.take(1)""");
  }

  @Test
  void longStatementIsCutTest() {
    String call =
        IntStream.range(0, 40)
            .mapToObj(i -> "    argument" + i + ",")
            .collect(Collectors.joining("\n", "  call(\n", "\n    last);\n"));
    Statement statement = Objects.requireNonNull(Statement.around(call.lines().toList(), 1, 12));

    assertThat(statement.lines()).hasSize(17).startsWith("call(", "  argument0,").endsWith("...");
  }

  private static String around(String code, int line) {
    List<String> lines = code.lines().toList();
    Statement statement = Objects.requireNonNull(Statement.around(lines, line, 200));
    return statement.from() + "\n" + String.join("\n", statement.lines());
  }
}

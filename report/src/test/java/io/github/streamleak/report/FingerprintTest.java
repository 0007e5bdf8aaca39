package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.stream.RecordedStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {

  @ParameterizedTest(name = "{0}.{1} is {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "acme.Client                         | watch                  | acme.Client.watch",
        "acme.Client                         | lambda$watch$3         | acme.Client.watch",
        "acme.Client                         | lambda$new$0           | acme.Client.<init>",
        "acme.Client                         | lambda$static$1        | acme.Client.<clinit>",
        "acme.Client                         | lambda$lambda$watch$0$1 | acme.Client.watch",
        "acme.Client                         | lambda$4               | acme.Client.lambda",
        "acme.Client                         | access$000             | acme.Client.access",
        "acme.Client                         | access$watch           | acme.Client.watch",
        "acme.Client                         | watch$lambda$2         | acme.Client.watch",
        "acme.Client                         | watch$lambda-2         | acme.Client.watch",
        "acme.Client                         | watch$suspendImpl      | acme.Client.watch",
        "acme.Client                         | watch$default          | acme.Client.watch",
        "acme.Client                         | $watch                 | acme.Client.$watch",
        "acme.Client$1                       | run                    | acme.Client.run",
        "acme.Client$1Local                  | run                    | acme.Client.run",
        "acme.Client$1$2                     | run                    | acme.Client.run",
        "acme.Client$1$Inner                 | run                    | acme.Client.run",
        "acme.Client$Inner                   | watch                  | acme.Client$Inner.watch",
        "acme.Client$Inner$1                 | run                    | acme.Client$Inner.run",
        "acme.Client                         | $anonfun$watch$1       | acme.Client.watch",
        "acme.Spec$_opens_closure1           | doCall                 | acme.Spec.opens",
        "acme.Spec$_opens_closure1$_closure2 | doCall                 | acme.Spec.opens",
        "acme.Client_$$_jvst1a2_0            | watch                  | acme.Client.watch",
        "acme.ClientTest$watches$1           | onNext                 | acme.ClientTest.watches.onNext",
        "acme.ClientTest$watches$1           | invokeSuspend          | acme.ClientTest.watches",
        "acme.ClientTest$watches$1$2         | invoke                 | acme.ClientTest.watches",
        "acme.ClientTest$Inner$watches$1     | invokeSuspend          | acme.ClientTest$Inner.watches",
        "acme.ClientTest$reads all of it$1   | invokeSuspend          | acme.ClientTest.reads%20all%20of%20it",
        "acme.Client$$Lambda$14/0x0000000800c03000 | run              | acme.Client.run",
        "acme.Client$$Lambda/0x00007f1c0c0a  | run                    | acme.Client.run",
        "acme.Client$$Lambda$14/1324119927   | run                    | acme.Client.run",
        "acme.Hidden/0x0000000800c03000      | run                    | acme.Hidden.run",
        "acme.Client$MockitoMock$1234        | watch                  | acme.Client.watch",
        "acme.Client$$EnhancerBySpringCGLIB$$1 | watch                | acme.Client.watch",
        "jdk.proxy2.$Proxy14                 | watch                  | Proxy.watch",
      })
  void whatCompilersMakeUpIsTakenOffTest(String type, String method, String place) {
    assertThat(Fingerprint.of("acme.Shop/Watch", "NOT_DRAINED", frame(type, method, 7)))
        .isEqualTo("acme.Shop/Watch NOT_DRAINED " + place);
  }

  @Test
  void linesDoNotMatterTest() {
    assertThat(Fingerprint.of("a/B", "PROTOCOL", frame("acme.Client", "watch", 7)))
        .isEqualTo(Fingerprint.of("a/B", "PROTOCOL", frame("acme.Client", "watch", 8)));
  }

  @Test
  void whatIsNotThereIsADashTest() {
    assertThat(Fingerprint.of(null, "CHANNEL_LEFT_OPEN", null)).isEqualTo("- CHANNEL_LEFT_OPEN -");
  }

  @Test
  void everyFingerprintHasThreeFieldsTest() {
    assertThat(Fingerprint.of("a b/c\n#d\ud800", "PROTOCOL", frame("ä.Ö", "m\u00a0% \t", 1)))
        .isEqualTo("a%20b/c%0A%23d\ufffd PROTOCOL ä.Ö.m%C2%A0%25%20%09");
  }

  @Test
  void leakIsToldByItsCauseAndOtherFindingsByTheirRuleTest() {
    try (Shop shop = new Shop()) {
      RecordedStream stream = shop.leak();
      String place = " io.github.streamleak.report.Shop.open";
      assertThat(Fingerprint.of(stream, "LEAKED_STREAM"))
          .isEqualTo("acme.Shop/Watch NOT_DRAINED" + place);
      assertThat(Fingerprint.of(stream, "NO_DEADLINE"))
          .isEqualTo("acme.Shop/Watch NO_DEADLINE" + place);
    }
  }

  private static StackTraceElement frame(String type, String method, int line) {
    return new StackTraceElement(type, method, "File.java", line);
  }
}

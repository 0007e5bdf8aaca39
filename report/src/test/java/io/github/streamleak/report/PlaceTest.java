package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Frames of real methods, as the compiler of this build names them: two methods, two names. */
// Lambdas and inner classes are what is tested.
@SuppressWarnings({"UnnecessaryLambda", "ClassCanBeStatic"})
class PlaceTest {

  private static final String HERE = "io.github.streamleak.report.PlaceTest.";

  private final Supplier<String> field = () -> here();

  private final Callable<String> object =
      new Callable<>() {
        @Override
        public String call() {
          return here();
        }
      };

  @Test
  void lambdaIsItsMethodTest() {
    Supplier<String> lambda = () -> here();
    Supplier<Supplier<String>> inner = () -> () -> here();

    assertThat(List.of(lambda.get(), inner.get().get()))
        .containsOnly(HERE + "lambdaIsItsMethodTest");
    assertThat(field.get()).isEqualTo(HERE + "<init>");
  }

  @Test
  void overloadsHaveTheirParametersTest() {
    assertThat(List.of(open(), open("a"), open(1, new String[0][]), open(List.of())))
        .containsExactly(
            HERE + "open()",
            HERE + "open(String)",
            HERE + "open(int,String[][])",
            HERE + "open(List)");
  }

  @Test
  void lambdasOfOverloadsAreToldApartTest() {
    assertThat(List.of(later().get(), later("a").get()))
        .containsExactly(HERE + "later()", HERE + "later(String)");
  }

  @Test
  void anonymousClassesOfTwoMethodsAreToldApartTest() throws Exception {
    assertThat(List.of(one().call(), other().call(), object.call()))
        .containsExactly(HERE + "one.call", HERE + "other.call", HERE + "call");
  }

  @Test
  void methodsOfOneAnonymousClassAreToldApartTest() {
    Both both = both();
    assertThat(List.of(both.first(), both.second()))
        .containsExactly(HERE + "both.first", HERE + "both.second");
  }

  @Test
  void classesInsideAMethodAreToldApartTest() throws Exception {
    class Local {
      String call() {
        return here();
      }

      class Inner {
        String call() {
          return here();
        }
      }
    }
    Local local = new Local();
    String method = HERE + "classesInsideAMethodAreToldApartTest.";
    assertThat(List.of(local.call(), local.new Inner().call(), nested().call()))
        .containsExactly(
            method + "Local.call", method + "Local.Inner.call", HERE + "nested.call.call");
  }

  @Test
  void lineOfTheFileDoesNotMatterTest() {
    String one = here();
    String two = here();
    assertThat(one).isEqualTo(two).isEqualTo(HERE + "lineOfTheFileDoesNotMatterTest");
  }

  private static String open() {
    return here();
  }

  private static String open(String unused) {
    return here();
  }

  private static String open(int unused, String[][] unusedToo) {
    return here();
  }

  private static String open(List<?> unused) {
    return here();
  }

  private static Supplier<String> later() {
    return () ->
        // The lambda has the last line.
        here();
  }

  private static Supplier<String> later(String unused) {
    return () ->
        // So that it begins below its method.
        here();
  }

  private static Callable<String> one() {
    return new Callable<>() {
      @Override
      public String call() {
        return here();
      }
    };
  }

  private static Callable<String> other() {
    return new Callable<>() {
      @Override
      public String call() {
        return here();
      }
    };
  }

  private static Callable<String> nested() {
    return new Callable<>() {
      @Override
      public String call() throws Exception {
        return new Callable<String>() {
          @Override
          public String call() {
            return here();
          }
        }.call();
      }
    };
  }

  private interface Both {
    String first();

    String second();
  }

  private static Both both() {
    return new Both() {
      @Override
      public String first() {
        return here();
      }

      @Override
      public String second() {
        return here();
      }
    };
  }

  private static String here() {
    return Place.of(new Throwable().getStackTrace()[1]);
  }
}

package io.github.streamleak.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.assertj.AbstractAttemptAssert;
import io.github.streamleak.assertj.AbstractEventAssert;
import io.github.streamleak.assertj.AbstractLifecycleAssert;
import io.github.streamleak.assertj.AbstractLiveAssert;
import io.github.streamleak.assertj.AbstractRecorderAssert;
import io.github.streamleak.assertj.AbstractStreamAssert;
import io.github.streamleak.assertj.AbstractStreamsAssert;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.ExpectedEvents;
import io.github.streamleak.truth.AttemptSubject;
import io.github.streamleak.truth.EventSubject;
import io.github.streamleak.truth.LifecycleSubject;
import io.github.streamleak.truth.LiveSubject;
import io.github.streamleak.truth.RecorderSubject;
import io.github.streamleak.truth.StreamSubject;
import io.github.streamleak.truth.StreamsSubject;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/assertions.md names every assertion and every word for an event, and none that is not. */
final class DocsNameEveryAssertionTest {

  private static final List<Class<?>> TYPES =
      List.of(
          AbstractLiveAssert.class,
          AbstractRecorderAssert.class,
          AbstractStreamsAssert.class,
          AbstractStreamAssert.class,
          AbstractLifecycleAssert.class,
          AbstractAttemptAssert.class,
          AbstractEventAssert.class,
          LiveSubject.class,
          RecorderSubject.class,
          StreamsSubject.class,
          StreamSubject.class,
          LifecycleSubject.class,
          AttemptSubject.class,
          EventSubject.class,
          ExpectedEvents.class);

  /** What narrows a word. The rest of a matcher is for those who write assertions. */
  private static final List<String> OF_A_MATCHER =
      List.of(
          "onAttempt",
          "withStatus",
          "withDescription",
          "by",
          "numbered",
          "first",
          "last",
          "times",
          "where");

  private static Set<String> methods() {
    Set<String> names = new TreeSet<>(OF_A_MATCHER);
    for (Class<?> type : TYPES) {
      Arrays.stream(type.getDeclaredMethods())
          .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
          .map(Method::getName)
          .forEach(names::add);
    }
    return names;
  }

  @Test
  void everyNameStandsOnThePageTest() throws IOException {
    String page =
        Files.readString(
            Path.of(System.getProperty("api.dumps")).resolveSibling("docs/assertions.md"));
    // Code that is no block: what a reader looks for stands in a table or in a sentence.
    String text = page.replaceAll("(?s)```.*?```", "");
    Set<String> named = new TreeSet<>();
    Pattern.compile("`[^`\n]+`")
        .matcher(text)
        .results()
        .flatMap(code -> Pattern.compile("(\\w+)(?=[(`])").matcher(code.group()).results())
        .forEach(name -> named.add(name.group(1)));
    Set<String> missing = new TreeSet<>(methods());
    missing.removeAll(named);

    assertThat(missing).isEmpty();
    assertThat(methods()).hasSizeGreaterThan(100);
    assertThat(Arrays.stream(EventMatcher.class.getMethods()).map(Method::getName))
        .containsAll(OF_A_MATCHER);
  }
}

package io.github.streamleak.api;

import static io.github.streamleak.lifecycle.ExpectedEvents.attemptClosed;
import static io.github.streamleak.lifecycle.ExpectedEvents.attemptStarted;
import static io.github.streamleak.lifecycle.ExpectedEvents.cancelled;
import static io.github.streamleak.lifecycle.ExpectedEvents.inboundMessage;
import static io.github.streamleak.lifecycle.ExpectedEvents.started;
import static io.github.streamleak.lifecycle.ExpectedEvents.terminalStatus;
import static org.assertj.core.api.Assertions.assertThat;

import acme.market.MarketClient;
import acme.market.MarketGrpc;
import acme.market.MarketServer;
import io.github.streamleak.assertj.StreamAssertions;
import io.github.streamleak.assertj.StreamSoftAssertions;
import io.github.streamleak.lifecycle.EventMatcher;
import io.github.streamleak.lifecycle.ExpectedEvents;
import io.github.streamleak.lifecycle.Lifecycle;
import io.github.streamleak.lifecycle.StreamSelection;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.stream.StreamEvent;
import io.github.streamleak.testsupport.Wire;
import io.github.streamleak.truth.StreamTruth;
import io.github.streamleak.verdict.StreamLeakPolicy;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Null where a value is wanted is told by the name of the parameter, in every public method of both
 * libraries and of the words that they share. The methods are read from the classes.
 */
final class NullSaysItsNameTest {

  private static final Map<String, EventMatcher> FITTING =
      Map.of("by", cancelled(), "numbered", inboundMessage());

  private static boolean isOurs(Method method) {
    return method.getDeclaringClass().getName().startsWith("io.github.streamleak.")
        && !method.isBridge()
        && !method.isSynthetic();
  }

  /** These take null for the actual value, and what follows fails on it. */
  private static boolean takesNull(Method method) {
    return Modifier.isStatic(method.getModifiers())
        && List.of("assertThat", "assertThatStreams").contains(method.getName());
  }

  private static List<Method> methods(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(NullSaysItsNameTest::isOurs)
        .filter(method -> !takesNull(method) && !method.getName().equals("equals"))
        .toList();
  }

  @Test
  void everyParameterIsNamedTest() throws Exception {
    try (GrpcStreamRecorder recorder = GrpcStreamRecorder.create();
        Wire wire = Wire.direct("null-says-its-name", new MarketServer())) {
      new MarketClient(wire.channel(recorder::attachTo))
          .raw(MarketGrpc.WATCH, 9)
          .send("3")
          .halfClose()
          .awaitClosed();
      RecordedStream stream = recorder.streams().get(0);
      List<Object> subjects =
          List.of(
              StreamAssertions.assertThat(recorder),
              StreamAssertions.assertThatStreams(recorder.streams()),
              StreamAssertions.assertThat(stream),
              StreamAssertions.assertThat(stream).applicationLane(),
              StreamAssertions.assertThat(stream.attempts().get(0)),
              StreamAssertions.assertThat(stream.events().get(0)),
              StreamTruth.assertThat(recorder),
              StreamTruth.assertThat(recorder.streams()),
              StreamTruth.assertThat(stream),
              StreamTruth.assertThat(stream).applicationLane(),
              StreamTruth.assertThat(stream.attempts().get(0)),
              StreamTruth.assertThat(stream.events().get(0)),
              Lifecycle.never(attemptStarted()),
              terminalStatus());
      List<String> unnamed = new ArrayList<>();
      int asked = 0;
      for (Object subject : subjects) {
        asked += ask(subject.getClass(), subject, stream, unnamed);
      }
      for (Class<?> type :
          List.of(ExpectedEvents.class, StreamSelection.class, StreamSoftAssertions.class)) {
        asked += ask(type, null, stream, unnamed);
      }

      assertThat(unnamed).isEmpty();
      assertThat(asked).isGreaterThan(200);
    }
  }

  private static int ask(
      Class<?> type, @Nullable Object subject, RecordedStream stream, List<String> unnamed)
      throws IllegalAccessException {
    int asked = 0;
    for (Method method : methods(type)) {
      boolean isStatic = Modifier.isStatic(method.getModifiers());
      if (!isStatic && subject == null) {
        continue;
      }
      Object on =
          subject instanceof EventMatcher any
              ? FITTING.getOrDefault(method.getName(), any)
              : subject;
      Parameter[] parameters = method.getParameters();
      for (int i = 0; i < parameters.length; i++) {
        if (parameters[i].getType().isPrimitive()) {
          continue;
        }
        asked++;
        String name = parameters[i].getName();
        check(method, isStatic ? null : on, i, null, name, stream, unnamed);
        if (parameters[i].getType() == EventMatcher[].class) {
          check(method, on, i, new EventMatcher[] {null}, "one of " + name, stream, unnamed);
        } else if (parameters[i].getType() == Status.Code[].class) {
          check(method, on, i, new Status.Code[] {null}, "one of " + name, stream, unnamed);
        }
      }
    }
    return asked;
  }

  private static void check(
      Method method,
      @Nullable Object on,
      int index,
      @Nullable Object given,
      String name,
      RecordedStream stream,
      List<String> unnamed)
      throws IllegalAccessException {
    @Nullable Object[] arguments = new Object[method.getParameterCount()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i == index ? given : argument(method.getParameters()[i], i, stream);
    }
    String said;
    try {
      Object unused = method.invoke(on, arguments);
      said = "it passes";
    } catch (InvocationTargetException e) {
      Throwable thrown = Objects.requireNonNull(e.getCause());
      said = thrown instanceof NullPointerException ? thrown.getMessage() : thrown.toString();
    }
    if (!name.equals(said)) {
      unnamed.add(method + ", " + name + ": " + said);
    }
  }

  private static Object argument(Parameter parameter, int index, RecordedStream stream) {
    Class<?> type = parameter.getType();
    if (type == EventMatcher.class) {
      // Not the same twice: an event before itself is refused.
      return List.of(attemptStarted(), started(), attemptClosed()).get(index);
    }
    if (type == String.class) {
      return parameter.getName().equals("fullMethodName") ? "acme.Market/Watch" : "a:1";
    }
    if (type.isEnum()) {
      return type.getEnumConstants()[0];
    }
    Map<Class<?>, Object> fitting =
        Map.of(
            int.class,
            1,
            long.class,
            1L,
            Duration.class,
            Duration.ZERO,
            MethodDescriptor.class,
            MarketGrpc.WATCH,
            Metadata.Key.class,
            Metadata.Key.of("shard", Metadata.ASCII_STRING_MARSHALLER),
            Object.class,
            "eu",
            RecordedStream.class,
            stream,
            StreamEvent.class,
            stream.events().get(0),
            Map.class,
            Map.of(),
            List.class,
            List.of());
    if (type == Predicate.class) {
      Predicate<Object> any = event -> true;
      return any;
    }
    if (type == Consumer.class) {
      Consumer<Object> any = event -> {};
      return any;
    }
    if (type == StreamLeakPolicy.class) {
      return StreamLeakPolicy.normal();
    }
    return Objects.requireNonNull(fitting.get(type), "an argument of type " + type);
  }
}

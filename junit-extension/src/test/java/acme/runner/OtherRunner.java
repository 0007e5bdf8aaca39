package acme.runner;

import io.github.streamleak.run.LeakRun;
import io.github.streamleak.run.LeakSettings;
import io.github.streamleak.run.Runner;
import io.github.streamleak.run.ScopeCheck;
import io.github.streamleak.run.SettingsLayer;
import io.github.streamleak.run.TestHandle;
import io.github.streamleak.stream.RecordedStream;
import io.github.streamleak.verdict.Strictness;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs each static method of a class as a test, checks it, and prints what came of it. */
final class OtherRunner implements Runner {

  private final Deque<Runnable> atEnd = new ArrayDeque<>();

  private OtherRunner() {}

  public static void main(String[] args) throws Exception {
    OtherRunnerTests.startServer();
    OtherRunner runner = new OtherRunner();
    LeakRun run = LeakRun.of(runner);
    try {
      for (String name : args) {
        runner.runTest(run, OtherRunnerTests.class.getDeclaredMethod(name));
      }
    } catch (IllegalStateException misuse) {
      System.out.println(misuse.getMessage());
      return;
    }
    // Between two tests, as a job of the application would.
    OtherRunnerTests.leaves();
    try {
      runner.atEnd.forEach(Runnable::run);
      print("the run", List.of());
    } catch (Error failure) {
      print("the run", List.of(failure));
    }
  }

  private void runTest(LeakRun run, Method test) throws ReflectiveOperationException {
    LeakSettings settings =
        run.parameters().settings(SettingsLayer.EMPTY, SettingsLayer.EMPTY, Strictness.LENIENT);
    ScopeCheck check = ScopeCheck.of(run, test.getName(), settings.newRecorder(), null);
    check.hold(settings);
    check.begin(
        test.getDeclaringClass(),
        List.of(test),
        test.getName(),
        Optional.of(test.getName()),
        test.toString(),
        test.getName());
    test.invoke(null);
    print(
        test.getName(),
        check.end(new Result(), "the test", /* sayIfUnused= */ true, openBefore -> List.of()));
  }

  /** Of a failure, the line that says what it is and the one that only this runner can word. */
  private static void print(String what, List<Throwable> problems) {
    System.out.println(what + (problems.isEmpty() ? " passes" : " fails"));
    for (Throwable problem : problems) {
      List<String> lines = String.valueOf(problem.getMessage()).lines().toList();
      System.out.println("  " + lines.get(0));
      System.out.println("  " + lines.get(lines.size() - 1));
    }
  }

  private record Result() implements TestHandle {
    @Override
    public boolean hasFailed() {
      return false;
    }

    @Override
    public void publish(String key, String text) {
      System.out.println("  " + key + ": " + text);
    }

    @Override
    public void attach(List<RecordedStream> streams) {}
  }

  // ---- what the run asks ----

  @Override
  public Optional<String> parameter(String name) {
    return Optional.ofNullable(System.getProperty(name));
  }

  @Override
  public boolean runsInParallel() {
    return false;
  }

  @Override
  public void atEnd(Runnable action) {
    atEnd.push(action);
  }

  @Override
  public RuntimeException misuse(String message, @Nullable Throwable cause) {
    return new IllegalStateException(message, cause);
  }

  @Override
  public Wording wording() {
    return new Wording("the list", "a line \"%s: the reason\" in the list", "its own");
  }
}

package io.github.streamleak.report;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Names for this JVM and for the build that started it. Parts with one build belong together; those
 * of another build are left over from an earlier one.
 */
final class BuildId {

  private static final Set<String> SHELLS =
      Set.of("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "cmd.exe");

  private static final int MOST_SHELLS = 3;

  /** The main classes of processes that start the tests of many builds, by what they begin with. */
  private static final List<String> DAEMONS =
      List.of(
          "org.gradle.launcher.daemon.",
          "org.mvndaemon.",
          "com.intellij.",
          "org.eclipse.equinox.launcher");

  /** The launchers of IntelliJ IDEA, Eclipse and VS Code, which are no Java programs. */
  private static final Pattern IDE =
      Pattern.compile("(idea|idea64|eclipse|eclipsec|code)(\\.exe|\\.sh)?");

  private BuildId() {}

  /** Returns the process id and the start of this JVM, in milliseconds since the epoch. */
  static String ofThisJvm() {
    return of(ProcessHandle.current());
  }

  /**
   * Returns the same for the process that started this JVM. Surefire starts each fork from a shell
   * of its own. Shells between this JVM and a Java program are therefore passed over: that program
   * is the build.
   */
  static String ofBuild() {
    return of(starter().orElse(ProcessHandle.current()));
  }

  private static Optional<ProcessHandle> starter() {
    Optional<ProcessHandle> parent = ProcessHandle.current().parent();
    Optional<ProcessHandle> starter = parent;
    for (int i = 0;
        i < MOST_SHELLS && starter.map(BuildId::program).filter(SHELLS::contains).isPresent();
        i++) {
      starter = starter.flatMap(ProcessHandle::parent);
    }
    boolean isJava =
        starter.map(BuildId::program).filter(name -> name.startsWith("java")).isPresent();
    return isJava ? starter : parent;
  }

  /**
   * Returns whether the process that started this JVM goes on to start those of other builds, as a
   * daemon or an IDE does. Then two parts with the same build may yet be of two builds.
   *
   * <p>Where the system does not tell how a process was started, the answer is no: nothing that was
   * found may be lost.
   */
  static boolean outlivesBuilds() {
    return starter()
        .filter(
            starter ->
                IDE.matcher(program(starter)).matches()
                    || isDaemon(starter.info().arguments().orElse(new String[0])))
        .isPresent();
  }

  static boolean isDaemon(String[] arguments) {
    return Arrays.stream(arguments)
        .anyMatch(argument -> DAEMONS.stream().anyMatch(argument::startsWith));
  }

  private static String program(ProcessHandle process) {
    String command = process.info().command().orElse("");
    return command.substring(Math.max(command.lastIndexOf('/'), command.lastIndexOf('\\')) + 1);
  }

  private static String of(ProcessHandle process) {
    return process.pid()
        + "-"
        + process.info().startInstant().map(Instant::toEpochMilli).map(String::valueOf).orElse("0");
  }
}

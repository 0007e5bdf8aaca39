package io.github.streamleak.report;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Names for this JVM and for the build that started it. Parts with one build belong together; those
 * of another build are left over from an earlier one.
 */
final class BuildId {

  private static final Set<String> SHELLS =
      Set.of("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "cmd.exe");

  private static final int MOST_SHELLS = 3;

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
    ProcessHandle self = ProcessHandle.current();
    Optional<ProcessHandle> parent = self.parent();
    Optional<ProcessHandle> starter = parent;
    for (int i = 0;
        i < MOST_SHELLS && starter.map(BuildId::program).filter(SHELLS::contains).isPresent();
        i++) {
      starter = starter.flatMap(ProcessHandle::parent);
    }
    boolean isJava =
        starter.map(BuildId::program).filter(name -> name.startsWith("java")).isPresent();
    return of((isJava ? starter : parent).orElse(self));
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

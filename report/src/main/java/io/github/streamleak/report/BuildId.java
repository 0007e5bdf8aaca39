package io.github.streamleak.report;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Tells JVMs, and the builds that started them, apart. */
final class BuildId {

  private static final Set<String> SHELLS =
      Set.of("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "cmd.exe");

  private static final int MOST_SHELLS = 3;

  private BuildId() {}

  /** Returns process id and start, in milliseconds since the epoch. */
  static String ofThisJvm() {
    return of(ProcessHandle.current());
  }

  /**
   * Returns the same of the process that started this JVM. Surefire starts each fork from a shell
   * of its own, so that shells below a Java program are passed over: the build is that program.
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

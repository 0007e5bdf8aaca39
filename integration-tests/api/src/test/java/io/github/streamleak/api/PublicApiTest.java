package io.github.streamleak.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.streamleak.assertj.StreamAssertions;
import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.report.StreamReport;
import io.github.streamleak.truth.StreamTruth;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds what users can call, in every package of a module, against the dumps in {@code api/}, so
 * that a change of it is seen in a diff and never happens by accident. Run with {@code
 * -Dapi.update=true} to write the dumps anew.
 */
class PublicApiTest {

  /** A published module: the name of its dump, and a class that stands for it. */
  private record Module(String name, Class<?> member) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Module> modules() {
    return Stream.of(
        new Module("recorder", GrpcStreamRecorder.class),
        new Module("report", StreamReport.class),
        new Module("assertj", StreamAssertions.class),
        new Module("truth", StreamTruth.class),
        new Module("junit-extension", GrpcStreamLeakCheck.class));
  }

  /** Packages that are public for other modules, and what the dump says of them. */
  private static final Map<String, String> SUPPORT =
      Map.of(
          "io.github.streamleak.run",
          "support for runners, not for users; may change",
          "io.github.streamleak.internal",
          "shared by the packages of the recorder, not for users; may change");

  @ParameterizedTest
  @MethodSource("modules")
  void publicApiIsTheOneInItsDump(Module module) throws Exception {
    Path dump = Path.of(System.getProperty("api.dumps"), module.name() + ".api");
    String now = api(module);
    if (Boolean.getBoolean("api.update")) {
      Files.createDirectories(dump.getParent());
      Files.writeString(dump, now);
    }
    assertThat(dump)
        .as("the dump of %s; write it with -Dapi.update=true if the change is meant", module)
        .hasContent(now);
  }

  private static String api(Module module) throws Exception {
    URI location = module.member().getProtectionDomain().getCodeSource().getLocation().toURI();
    Path place = Path.of(location);
    SortedMap<String, List<String>> packages;
    if (Files.isDirectory(place)) {
      packages = publicClasses(place);
    } else {
      try (FileSystem jar = FileSystems.newFileSystem(place, Map.of())) {
        packages = publicClasses(jar.getPath("/"));
      }
    }
    assertThat(packages.get(module.member().getPackageName()))
        .as("public classes of %s", module)
        .contains(module.member().getName());
    StringBuilder api = new StringBuilder();
    for (Map.Entry<String, List<String>> members : packages.entrySet()) {
      String support = SUPPORT.get(members.getKey());
      if (support != null) {
        api.append("\n// ").append(members.getKey()).append(": ").append(support).append('\n');
      }
      api.append(javap(place, members.getValue()));
    }
    return api.toString();
  }

  private static String javap(Path place, List<String> names) {
    List<String> arguments = new ArrayList<>(List.of("-protected", "-classpath", place.toString()));
    arguments.addAll(names);
    StringWriter out = new StringWriter();
    int result =
        ToolProvider.findFirst("javap")
            .orElseThrow()
            .run(
                new PrintWriter(out, true),
                new PrintWriter(out, true),
                arguments.toArray(new String[0]));
    assertThat(result).as(out.toString()).isZero();
    return out.toString()
        .lines()
        .filter(line -> !line.startsWith("Compiled from"))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** Returns the public classes of each package that has any. */
  private static SortedMap<String, List<String>> publicClasses(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .map(file -> root.relativize(file).toString().replace(File.separatorChar, '/'))
          .filter(name -> name.endsWith(".class") && !name.endsWith("package-info.class"))
          .filter(name -> !name.startsWith("META-INF/"))
          .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
          .filter(PublicApiTest::isPublic)
          .sorted()
          .collect(
              Collectors.groupingBy(
                  name -> name.substring(0, name.lastIndexOf('.')),
                  TreeMap::new,
                  Collectors.toList()));
    }
  }

  private static boolean isPublic(String name) {
    try {
      Class<?> type = Class.forName(name, false, PublicApiTest.class.getClassLoader());
      for (Class<?> c = type; c != null; c = c.getEnclosingClass()) {
        if ((c.getModifiers() & Modifier.PUBLIC) == 0) {
          return false;
        }
      }
      return !type.isAnonymousClass() && !type.isLocalClass();
    } catch (ClassNotFoundException e) {
      throw new AssertionError(name, e);
    }
  }
}

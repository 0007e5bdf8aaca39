package io.github.streamleak.ci;

import static java.nio.file.Files.createDirectories;

import io.github.streamleak.junit.GrpcStreamLeakCheck;
import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.report.StreamReport;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * A project of two modules that follows docs/ci.md, and a Maven that builds it without network.
 *
 * <p>Its local repository is the one of this build, by links, but for Streamleak itself, which is
 * copied from this build and must not get into the repository of whoever runs it.
 */
final class TwoModules implements AutoCloseable {

  private static final String POM =
      """
      <project>
        <modelVersion>4.0.0</modelVersion>
        <groupId>acme</groupId>
        <artifactId>shop</artifactId>
        <version>1</version>
        <packaging>pom</packaging>
        <modules><module>prices</module><module>orders</module></modules>
        <properties>
          <streamleak.version>%s</streamleak.version>
          <maven.compiler.release>17</maven.compiler.release>
          <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
        </properties>
        <dependencies>
          <dependency><groupId>io.github.streamleak</groupId><artifactId>grpc-stream-leak-junit</artifactId><version>${streamleak.version}</version><scope>test</scope></dependency>
          <dependency><groupId>io.grpc</groupId><artifactId>grpc-inprocess</artifactId><version>%2$s</version><scope>test</scope></dependency>
          <dependency><groupId>io.grpc</groupId><artifactId>grpc-stub</artifactId><version>%2$s</version><scope>test</scope></dependency>
          <dependency><groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>%3$s</version><scope>test</scope></dependency>
        </dependencies>
        <build>
          <pluginManagement><plugins>
            <plugin><artifactId>maven-resources-plugin</artifactId><version>%4$s</version></plugin>
            <plugin><artifactId>maven-compiler-plugin</artifactId><version>%5$s</version></plugin>
            <plugin><artifactId>maven-surefire-plugin</artifactId><version>%6$s</version></plugin>
            <plugin><artifactId>maven-jar-plugin</artifactId><version>%7$s</version></plugin>
          </plugins></pluginManagement>
          <plugins>
      %8$s
      %9$s
          </plugins>
        </build>
      </project>
      """;

  private static final String MODULE =
      """
      <project>
        <modelVersion>4.0.0</modelVersion>
        <parent><groupId>acme</groupId><artifactId>shop</artifactId><version>1</version></parent>
        <artifactId>%s</artifactId>
      </project>
      """;

  private static final String TEST =
      """
      package acme.%1$s;

      import io.grpc.*;
      import io.grpc.inprocess.*;
      import java.io.*;
      import java.nio.charset.StandardCharsets;
      import org.junit.jupiter.api.Test;

      class WatchTest {
        private static final MethodDescriptor.Marshaller<String> TEXT =
            new MethodDescriptor.Marshaller<>() {
              @Override
              public InputStream stream(String text) {
                return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
              }

              @Override
              public String parse(InputStream in) {
                try {
                  return new String(in.readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            };
        private static final MethodDescriptor<String, String> WATCH =
            MethodDescriptor.<String, String>newBuilder()
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName("acme.%1$s/Watch")
                .setRequestMarshaller(TEXT)
                .setResponseMarshaller(TEXT)
                .build();

        @Test
        void watches() throws Exception {
          Server server =
              InProcessServerBuilder.forName("%1$s")
                  .addService(
                      ServerServiceDefinition.builder("acme.%1$s")
                          .addMethod(WATCH, (call, headers) -> new ServerCall.Listener<String>() {})
                          .build())
                  .build()
                  .start();
          ManagedChannel channel = InProcessChannelBuilder.forName("%1$s").build();
          ClientCall<String, String> call = channel.newCall(WATCH, CallOptions.DEFAULT);
          call.start(new ClientCall.Listener<>() {}, new Metadata());
          %2$s
        }
      }
      """;

  private final Path project;
  private final Path programs;

  private final List<Path> links;

  private TwoModules(Path project, Path programs, List<Path> links) {
    this.project = project;
    this.programs = programs;
    this.links = links;
  }

  static TwoModules in(Path folder) throws IOException {
    Path repository = createDirectories(folder.resolve("repository"));
    List<Path> links = new ArrayList<>();
    link(
        Path.of(Pieces.property("ci.repository")),
        repository,
        List.of("io", "github", "streamleak"),
        links);
    install(repository, "recorder", "grpc-stream-leak-recorder", GrpcStreamRecorder.class);
    install(repository, "report", "grpc-stream-leak-report", StreamReport.class);
    install(repository, "junit-extension", "grpc-stream-leak-junit", GrpcStreamLeakCheck.class);
    Path programs = createDirectories(folder.resolve("bin"));
    Path mvn = programs.resolve("mvn");
    Files.writeString(
        mvn,
        "#!/bin/sh\nexec '%s' -o '-Dmaven.repo.local=%s' \"$@\"\n"
            .formatted(Pieces.property("ci.maven"), repository));
    if (!mvn.toFile().setExecutable(true)) {
      throw new IOException(mvn.toString());
    }
    TwoModules made = new TwoModules(createDirectories(folder.resolve("shop")), programs, links);
    made.write();
    return made;
  }

  /** Links what is in a directory, and makes those on the way to {@code own} anew. */
  private static void link(Path from, Path to, List<String> own, List<Path> links)
      throws IOException {
    try (Stream<Path> all = Files.list(from)) {
      for (Path each : all.toList()) {
        String name = each.getFileName().toString();
        if (!own.isEmpty() && name.equals(own.get(0))) {
          if (own.size() > 1) {
            link(each, createDirectories(to.resolve(name)), own.subList(1, own.size()), links);
          }
        } else {
          links.add(Files.createSymbolicLink(to.resolve(name), each));
        }
      }
    }
  }

  private static void install(Path repository, String module, String artifact, Class<?> of)
      throws IOException {
    String version = Pieces.property("ci.version");
    Path folder =
        createDirectories(
            repository.resolve("io/github/streamleak").resolve(artifact).resolve(version));
    Files.copy(
        Pieces.ROOT.resolve(module).resolve(".flattened-pom.xml"),
        folder.resolve(artifact + "-" + version + ".pom"));
    Path built;
    try {
      built = Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    Path jar = folder.resolve(artifact + "-" + version + ".jar");
    if (Files.isDirectory(built)) {
      pack(built, jar);
    } else {
      Files.copy(built, jar);
    }
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out);
        Stream<Path> all = Files.walk(classes)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, entries);
      }
    }
  }

  private void write() throws IOException {
    // As in a checkout: paths in a report count from there.
    createDirectories(project.resolve(".git"));
    String outer = Files.readString(Pieces.ROOT.resolve("pom.xml"));
    Files.writeString(
        project.resolve("pom.xml"),
        POM.formatted(
            Pieces.property("ci.version"),
            Pieces.property("ci.grpc"),
            Pieces.property("ci.junit"),
            version(outer, "maven-resources-plugin"),
            version(outer, "maven-compiler-plugin"),
            version(outer, "maven-surefire-plugin"),
            version(outer, "maven-jar-plugin"),
            Pieces.under("Maven"),
            Pieces.file("pom.xml")));
    for (String module : List.of("prices", "orders")) {
      Path folder = createDirectories(project.resolve(module));
      Files.writeString(folder.resolve("pom.xml"), MODULE.formatted(module));
      Files.createFile(folder.resolve("streamleak-baseline.txt"));
      mend(module);
    }
  }

  private static String version(String pom, String plugin) {
    int at = pom.indexOf("<artifactId>" + plugin + "</artifactId>");
    int from = pom.indexOf("<version>", at) + "<version>".length();
    return pom.substring(from, pom.indexOf("</version>", from));
  }

  /** Has the test of a module leave its call open. */
  void leak(String module) throws IOException {
    write(module, "");
  }

  /** Has the test of a module clean up. */
  void mend(String module) throws IOException {
    write(module, "call.cancel(\"done\", null); channel.shutdownNow(); server.shutdownNow();");
  }

  private void write(String module, String end) throws IOException {
    Path folder = createDirectories(project.resolve(module + "/src/test/java/acme/" + module));
    Files.writeString(folder.resolve("WatchTest.java"), TEST.formatted(module, end));
  }

  /** Runs a command of the page, as the shell of a build server would. */
  Shell.Result run(String command) throws IOException, InterruptedException {
    String path = programs + ":" + System.getenv("PATH");
    return Shell.run(
        project,
        Map.of("PATH", path, "JAVA_HOME", System.getProperty("java.home")),
        "bash",
        "-e",
        "-c",
        command);
  }

  /** Takes the links away, lest what deletes the folder follow them, or warn that it does not. */
  @Override
  public void close() throws IOException {
    for (Path link : links) {
      Files.delete(link);
    }
  }

  Path report() {
    return project.resolve("target/all-leaks");
  }
}

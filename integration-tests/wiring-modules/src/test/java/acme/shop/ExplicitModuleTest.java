package acme.shop;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Channel;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * gRPC as a module of its own right, which opens nothing: what people make of it with jdeps, for
 * jlink asks for that.
 */
class ExplicitModuleTest {

  private static final String OUT_OF_REACH =
      "gRPC's configurators cannot be reached: only the transport's side of streams was recorded";

  private static final String DESCRIPTOR =
      """
      module io.grpc {
        requires java.logging;
        exports io.grpc;
        uses io.grpc.LoadBalancerProvider;
        uses io.grpc.ManagedChannelProvider;
        uses io.grpc.NameResolverProvider;
        uses io.grpc.ServerProvider;
      }
      """;

  @TempDir static Path folder = Path.of("");

  private static String modulePath = "";

  @BeforeAll
  static void makeTheModule() throws Exception {
    URI automatic =
        Channel.class
            .getModule()
            .getLayer()
            .configuration()
            .findModule("io.grpc")
            .orElseThrow()
            .reference()
            .location()
            .orElseThrow();
    String path = System.getProperty("jdk.module.path");
    Path jar = Files.copy(Path.of(automatic), folder.resolve("grpc-api.jar"));
    Path source = Files.writeString(folder.resolve("module-info.java"), DESCRIPTOR);
    run("javac", "--patch-module", "io.grpc=" + jar, "-d", folder.toString(), source.toString());
    run("jar", "--update", "--file", jar.toString(), "-C", folder.toString(), "module-info.class");
    modulePath = path.replace(Path.of(automatic).toString(), jar.toString());
  }

  @Test
  void withoutTheOptionTheTransportsSideIsSeenAndTheRunSaysSoTest() throws Exception {
    String output = suite();

    assertTrue(output.contains("WARNING: " + OUT_OF_REACH + System.lineSeparator()), output);
    assertTrue(output.contains("1 gRPC client stream leaked"), output);
    assertTrue(output.contains("leaves()"), output);
    assertFalse(output.contains("readsAll()"), output);
    assertTrue(output.contains("ran 2"), output);
  }

  @Test
  void withTheOptionAllIsSeenTest() throws Exception {
    String output = suite("--add-opens", "io.grpc/io.grpc=io.github.streamleak.recorder");

    assertFalse(output.contains(OUT_OF_REACH), output);
    assertTrue(output.contains("opened at : acme.shop.ShopClient.watch(ShopClient.java:"), output);
    assertFalse(output.contains("readsAll()"), output);
    assertTrue(output.contains("ran 2"), output);
  }

  private static String suite(String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("java"));
    command.addAll(List.of(options));
    command.addAll(List.of(System.getProperty("junit.exports").split(" ")));
    command.addAll(
        List.of(
            "--module-path",
            modulePath,
            "--class-path",
            System.getProperty("java.class.path"),
            "--patch-module",
            "acme.shop=" + System.getProperty("test.classes"),
            "--add-modules",
            "ALL-MODULE-PATH",
            "--add-reads",
            "acme.shop=ALL-UNNAMED",
            // Surefire leaves Guava, which nobody requires by name, on the class path.
            "--add-reads",
            "io.grpc=ALL-UNNAMED",
            "--module",
            "acme.shop/acme.shop.RunOfTheSuite"));
    return run(command.toArray(new String[0]));
  }

  /** Returns what a program of this JDK printed. */
  private static String run(String... command) throws Exception {
    command[0] = Path.of(System.getProperty("java.home"), "bin", command[0]).toString();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor() == 0, output);
    return output;
  }
}

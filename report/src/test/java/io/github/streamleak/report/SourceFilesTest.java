package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceFilesTest {

  @TempDir Path root;
  private Path module;

  @BeforeEach
  void setUp() throws IOException {
    Files.createDirectory(root.resolve(".git"));
    module = Files.createDirectories(root.resolve("apps/shop"));
  }

  @Test
  void fileOfTheModuleIsFoundFromTheRootOfTheRepositoryTest() throws Exception {
    source("apps/shop/src/test/java/acme/Client.java");
    assertThat(path("acme.Client", "Client.java"))
        .isEqualTo("apps/shop/src/test/java/acme/Client.java");
    assertThat(path("acme.Client$Inner$1", "Client.java"))
        .isEqualTo("apps/shop/src/test/java/acme/Client.java");
  }

  @Test
  void moduleComesBeforeItsSiblingsTest() throws Exception {
    source("apps/shop/src/main/java/acme/Client.java");
    source("apps/other/src/main/java/acme/Client.java");
    assertThat(path("acme.Client", "Client.java"))
        .isEqualTo("apps/shop/src/main/java/acme/Client.java");
  }

  @Test
  void siblingIsFoundTest() throws Exception {
    source("libs/client/src/main/kotlin/acme/Client.kt");
    assertThat(path("acme.ClientKt", "Client.kt"))
        .isEqualTo("libs/client/src/main/kotlin/acme/Client.kt");
  }

  @Test
  void twoSiblingsAreAmbiguousTest() throws Exception {
    source("libs/a/src/main/java/acme/Client.java");
    source("libs/b/src/main/java/acme/Client.java");
    assertThat(path("acme.Client", "Client.java")).isNull();
  }

  @Test
  void sourcesOfTwoSetsAreAmbiguousTest() throws Exception {
    source("apps/shop/src/main/java/acme/Client.java");
    source("apps/shop/src/test/java/acme/Client.java");
    assertThat(path("acme.Client", "Client.java")).isNull();
  }

  @Test
  void kotlinFileMayLieOutsideItsPackageTest() throws Exception {
    Path file = source("libs/client/src/main/kotlin/Client.kt");
    Files.writeString(file, "package acme.deep\n\nclass Client\n");
    source("libs/other/src/main/kotlin/Client.kt");
    assertThat(path("acme.deep.Client", "Client.kt"))
        .isEqualTo("libs/client/src/main/kotlin/Client.kt");
  }

  @Test
  void generatedSourceComesLastTest() throws Exception {
    source("apps/shop/target/generated-sources/protobuf/grpc-java/acme/ShopGrpc.java");
    assertThat(path("acme.ShopGrpc", "ShopGrpc.java"))
        .isEqualTo("apps/shop/target/generated-sources/protobuf/grpc-java/acme/ShopGrpc.java");
    source("libs/a/src/main/java/acme/ShopGrpc.java");
    assertThat(path("acme.ShopGrpc", "ShopGrpc.java"))
        .isEqualTo("libs/a/src/main/java/acme/ShopGrpc.java");
  }

  @Test
  void copiesInBuildDirectoriesDoNotCountTest() throws Exception {
    source("libs/a/src/main/java/acme/build/Client.java");
    source("libs/a/target/classes/acme/build/Client.java");
    source("web/node_modules/src/acme/build/Client.java");
    source(".hidden/src/main/java/acme/build/Client.java");
    assertThat(path("acme.build.Client", "Client.java"))
        .isEqualTo("libs/a/src/main/java/acme/build/Client.java");
  }

  @Test
  void hostileNamesFindNothingTest() throws Exception {
    source("apps/shop/src/main/java/secret.java");
    assertThat(path("acme.Client", "../secret.java")).isNull();
    assertThat(path("acme.Client", "..\\secret.java")).isNull();
    assertThat(path("acme.Cl\0ient", "Cl\0ient.java")).isNull();
    assertThat(path("acme.Client", "secret.txt")).isNull();
    assertThat(path("", "")).isNull();
  }

  @Test
  void textOfTheLineIsTrimmedAndCutTest() throws Exception {
    Path file = source("apps/shop/src/main/java/acme/Client.java");
    Files.writeString(file, "class Client {\n  call();  \n" + "x".repeat(300) + "\n}\n");
    assertThat(code(2)).isEqualTo("call();");
    assertThat(code(3)).isEqualTo("x".repeat(200) + "...");
    assertThat(code(0)).isNull();
    assertThat(code(99)).isNull();
  }

  @Test
  void statementOfSeveralLinesStandsBesideTheLineTest() throws Exception {
    Path file = source("apps/shop/src/main/java/acme/Client.java");
    Files.writeString(file, "class Client {\n  stub\n      .call();\n}\n");
    JsonObject frame = frame("acme.Client", "Client.java", 3);
    SourceFiles.around(module, Map.of()).complete(frame);

    assertThat(Json.string(frame, "code")).isEqualTo(".call();");
    assertThat(frame.get("statement"))
        .hasToString("{\"line\":2,\"code\":[\"stub\",\"    .call();\"]}");

    Files.delete(file);
    SourceFiles.around(module, Map.of()).complete(frame);
    assertThat(frame.has("statement")).isFalse();
  }

  @Test
  void workspaceOfTheRunnerIsTheRootTest() throws Exception {
    source("apps/shop/src/main/java/acme/Client.java");
    JsonObject frame = frame("acme.Client", "Client.java", 1);
    SourceFiles.around(module, Map.of("GITHUB_WORKSPACE", root.resolve("apps").toString()))
        .complete(frame);
    assertThat(Json.string(frame, "path")).isEqualTo("shop/src/main/java/acme/Client.java");

    SourceFiles.around(module, Map.of("GITHUB_WORKSPACE", root.resolve("libs").toString()))
        .complete(frame);
    assertThat(Json.string(frame, "path")).isEqualTo("apps/shop/src/main/java/acme/Client.java");
  }

  @Test
  void withoutARepositoryTheModuleIsTheRootTest() throws Exception {
    Files.delete(root.resolve(".git"));
    source("apps/shop/src/main/java/acme/Client.java");
    SourceFiles sources = new SourceFiles(module, module);
    assertThat(sources.pathOf("acme.Client$Inner")).contains("src/main/java/acme/Client.java");
    assertThat(sources.pathOf("acme.Other")).isEmpty();
  }

  private @Nullable String code(int line) {
    JsonObject frame = frame("acme.Client", "Client.java", line);
    SourceFiles.around(module, Map.of()).complete(frame);
    return Json.string(frame, "code");
  }

  private @Nullable String path(String type, String file) {
    JsonObject frame = frame(type, file, 1);
    SourceFiles.around(module, Map.of()).complete(frame);
    return Json.string(frame, "path");
  }

  private static JsonObject frame(String type, String file, int line) {
    return Frames.toJson(new StackTraceElement(type, "watch", file, line)).getAsJsonObject();
  }

  private Path source(String path) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "class X {}\n");
  }
}

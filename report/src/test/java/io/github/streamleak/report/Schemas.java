package io.github.streamleak.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Holds what was written to the schemas. */
final class Schemas {

  private static final Schema STREAMS = streams();
  private static final Schema SARIF = sarif();

  private Schemas() {}

  static void assertStreams(Path file) throws IOException {
    assertThat(STREAMS.validate(Files.readString(file), InputFormat.JSON)).isEmpty();
  }

  static void assertSarif(Path file) throws IOException {
    assertThat(SARIF.validate(Files.readString(file), InputFormat.JSON)).isEmpty();
  }

  private static Schema streams() {
    try {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(
              Files.readString(
                  Path.of(System.getProperty("docs.directory"), "streams-schema-1.json")),
              InputFormat.JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Schema sarif() {
    try (InputStream in =
        Schemas.class.getClassLoader().getResourceAsStream("schema/sarif-schema-2.1.0.json")) {
      assertThat(in).as("the schema of SARIF on the class path").isNotNull();
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7)
          .getSchema(new String(in.readAllBytes(), StandardCharsets.UTF_8), InputFormat.JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

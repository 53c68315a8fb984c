package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The schema that editors use is written from the records: run with {@code
 * -Dsmmulator.writeSchema=true} after changing them.
 */
class SchemaTest {
  private static final Path SCHEMA = Configs.folder().resolve("smmulator.schema.json");

  @Test
  void schemaAgreesWithTheRecords() throws IOException {
    String written = MachineSchema.write();
    if (Boolean.getBoolean("smmulator.writeSchema")) {
      Files.writeString(SCHEMA, written);
    }
    assertThat(Files.readString(SCHEMA))
        .as("configs/smmulator.schema.json; see the comment of this test")
        .isEqualTo(written);
  }
}

package org.smmulator.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.guest.GuestProgram;
import org.smmulator.guest.GuestPrograms;

/** Programs of somebody's jar. */
class ProgramPluginsTest {
  private static final String PROGRAM =
      """
      package plug;
      public class %s implements org.smmulator.guest.GuestProgram {
        @Override public String name() { return "twin"; }
        @Override public void run(org.smmulator.guest.UserTask task) {}
      }
      """;

  @TempDir private Path folder;

  @AfterEach
  void leave() throws IOException {
    Plugins.use(List.of());
  }

  @Test
  void ofTwoWithOneNameTheSecondIsLeftOutAndToldOf() throws Exception {
    new PluginJar()
        .source("plug.First", PROGRAM.formatted("First"))
        .source("plug.Second", PROGRAM.formatted("Second"))
        .service(GuestProgram.class.getName(), "plug.First", "plug.Second")
        .writeTo(folder, "twins.jar");
    Plugins.use(List.of(folder));
    try (SaidInLog log = new SaidInLog()) {
      assertThat(GuestPrograms.offered().named("twin").getClass().getName())
          .isEqualTo("plug.First");
      assertThat(log.lines())
          .containsExactly(
              "a GuestProgram is left out: twins.jar: plug.Second: twin is another's name,"
                  + " twins.jar: plug.First");
    }
  }
}

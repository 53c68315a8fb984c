package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.cli.Checkout.Ended;
import org.smmulator.config.Configs;
import org.smmulator.machine.CommandRun;

/** When the command {@code emulator/bin/smmulator} keeps the classes of its jar, and uses them. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClassArchiveTest {
  private static final String SAID =
      "smmulator: keeping its classes ready, so that it starts sooner (once, some seconds)\n";

  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init") // made before each test
  private Checkout checkout;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = new Checkout(folder);
    checkout.hasJar();
    Files.delete(checkout.archive());
  }

  private Ended run(boolean archives) throws Exception {
    ProcessBuilder process = checkout.process(checkout.command().toString());
    if (archives) {
      process.environment().put("ARCHIVES", "1");
    }
    Files.writeString(checkout.root().resolve("journal"), "");
    return checkout.end(process);
  }

  private List<String> archived() throws IOException {
    return Files.readAllLines(checkout.root().resolve("archived"));
  }

  @Test
  void theFirstRunKeepsThemAndEachUsesThem() throws Exception {
    assertThat(run(true)).isEqualTo(new Ended(0, "the machine\n", SAID));
    assertThat(checkout.journal()).contains("-XX:SharedArchiveFile=" + checkout.archive());
    assertThat(run(true)).isEqualTo(new Ended(0, "the machine\n", ""));
    assertThat(checkout.journal())
        .contains(
            "-XX:SharedArchiveFile=" + checkout.archive(),
            "-Dsmmulator.archive=" + checkout.archive());
    assertThat(archived()).hasSize(1);
    assertThat(checkout.archive()).content().isEqualTo("listed\n");
    try (var files = Files.list(checkout.jar().getParent())) {
      assertThat(files).hasSize(3).contains(checkout.jar(), checkout.archive());
    }
  }

  @Test
  void classesThatCannotBeKeptAreTriedOnce() throws Exception {
    assertThat(run(false).err()).isEqualTo(SAID);
    assertThat(run(true)).isEqualTo(new Ended(0, "the machine\n", ""));
    assertThat(checkout.journal()).noneMatch(word -> word.contains("rchive"));
    assertThat(archived()).hasSize(1);
  }

  @Test
  void aJarOfAnotherTimeHasOtherClasses() throws Exception {
    assertThat(run(true).err()).isEqualTo(SAID);
    Files.setLastModifiedTime(checkout.archive(), FileTime.fromMillis(1_000));
    assertThat(run(true).err()).isEqualTo(SAID);
    assertThat(archived()).hasSize(2);
  }

  /** The run that loads the classes is one that a person could ask for, and it passes. */
  @Test
  void theRunThatLoadsThemPasses() throws Exception {
    assertThat(run(true).code()).isZero();
    String all = archived().get(0);
    String words = all.substring(all.indexOf(" run ") + 1);
    String file = checkout.root() + "/configs/little.yaml";
    assertThat(words).contains(file);
    String[] arguments =
        words.replace(file, Configs.folder().resolve("little.yaml").toString()).split(" ", -1);
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.code()).as("%s: %s", Arrays.toString(arguments), run.err()).isZero();
  }
}

package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.ConfigFile;
import org.smmulator.launch.Progress;

class SeedsRunTest {
  @TempDir private Path folder;

  /** Each machine took 2,000 steps with 1,000 hand-overs; its summary has the other two. */
  @Test
  void addsUpWhatTheMachinesOfAllSeedsDidAndChecked() throws Exception {
    Path file = folder.resolve("machine.yaml");
    Files.writeString(file, "machine: {name: many, ramMiB: 64}\n");
    Progress silent = new Progress(new PrintWriter(PrintWriter.nullWriter()), false, () -> 0);
    SeedsRun run =
        new SeedsRun(
            new FakeLauncher(), ConfigFile.load(file), Seeds.parse("3..7"), silent, () -> false);
    assertThat(run.run()).isNull();
    assertThat(run.total())
        .startsWith(
            "5 of 5 machines, 10,000 steps, 5,000 hand-overs, 4,510 accesses checked,"
                + " 4,505 bytes compared, ");
  }
}

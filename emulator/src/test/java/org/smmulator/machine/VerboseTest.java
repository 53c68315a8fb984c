package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What {@code -v} and {@code -vv} say of a run. */
class VerboseTest {
  private static final String DROPPED = " dropped \\d+ in \\d+\\.\\d{3} us";

  @TempDir private Path folder;

  @AfterEach
  void logAsBefore() {
    ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger("org.smmulator")).setLevel(null);
  }

  private List<String> said(String... options) throws Exception {
    CommandRun run = CommandRun.ofLittle(folder, options);
    assertThat(run.code()).as(run.err()).isZero();
    return run.err().lines().toList();
  }

  private static List<String> matching(List<String> lines, String pattern) {
    return lines.stream().filter(line -> line.matches("\\d+\\.\\d{3} us " + pattern)).toList();
  }

  @Test
  void onceSaysEachChangeInALine() throws Exception {
    List<String> said = said("--simulated", "--seed", "3", "-v");
    assertThat(
            matching(
                said,
                "munmap alice 4-11: 00:04.0%s, 00:05.0%s, \\d+ frames freed"
                    .formatted(DROPPED, DROPPED)))
        .hasSize(1);
    assertThat(matching(said, "kill bob: 00:04.0%s, 00:05.0%s, .*".formatted(DROPPED, DROPPED)))
        .hasSize(1);
    assertThat(matching(said, "exit amy: .*frames? freed")).hasSize(1);
    assertThat(matching(said, "alice notifier: change_pte .*: 00:04.0.*, 00:05.0.*")).isNotEmpty();
    assertThat(matching(said, "smmu: .*")).isEmpty();
    assertThat(said("--simulated", "--seed", "3", "-v").stream().filter(l -> l.contains(" us ")))
        .as("the same seed")
        .isEqualTo(said.stream().filter(l -> l.contains(" us ")).toList());
  }

  @Test
  void twiceSaysEachCommandAndInvalidationToo() throws Exception {
    List<String> said = said("--simulated", "--seed", "3", "-vv");
    assertThat(matching(said, "munmap alice 4-11: 00:04.0.*")).hasSize(1);
    assertThat(matching(said, "smmu: ATC_INV .*")).isNotEmpty();
    assertThat(matching(said, "00:04.0: invalidation PASID 1 .*")).isNotEmpty();
    assertThat(matching(said, "00:05.0: dropped .*")).isNotEmpty();
    assertThat(matching(said, ".*: runs")).isEmpty();
  }

  @Test
  void aRunInRealTimeSaysItTooAndOneThatIsNotVerboseNothingOfIt() throws Exception {
    assertThat(matching(said("-v"), "munmap alice 4-11: 00:04.0.*")).hasSize(1);
    assertThat(matching(said(), ".*")).isEmpty();
  }
}

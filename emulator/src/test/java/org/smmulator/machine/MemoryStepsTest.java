package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.record.Recorder;

/** The steps {@code store}, {@code load} and {@code dontNeed}, in simulated machines. */
class MemoryStepsTest {
  private static final String MACHINE =
      """
      machine: {name: memory, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
      scenario:
        steps:
          - process: {name: alice, pages: 8}
          - bind: {process: alice, devices: ['00:04.0']}
      """;

  private static final String DMA =
      "dma: {processes: [alice], devices: ['00:04.0'], operations: 40, pages: 8, bytes: 4096}";

  private static final String BUSY =
      "dma: {processes: [alice], devices: ['00:04.0'], operations: 300, pages: 8, bytes: 512,"
          + " seedOffset: 1, background: busy}";

  @TempDir private Path folder;

  private Summary run(String... steps) throws Exception {
    StringBuilder yaml = new StringBuilder(MACHINE);
    for (String step : steps) {
      yaml.append("    - ").append(step).append('\n');
    }
    return Machines.simulate(folder, yaml.toString(), 1, new Recorder()).summary();
  }

  @Test
  void whatIsStoredIsLoadedFromItsOwnPlaceAlone() throws Exception {
    Summary summary =
        run(
            DMA,
            "store: {process: alice, page: 7, offset: 4088, value: 0x123456789abcdef0}",
            "load: {process: alice, page: 7, offset: 4088, value: 0x123456789abcdef0}",
            "load: {process: alice, page: 7, offset: 4080}",
            "verify: {process: alice}");
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(summary.verdict().checked(CheckedCounter.BYTES_COMPARED)).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          load: {process: alice, page: 3, value: 5}              | alice: page 3: load: byte 0 is 0x09 and must be 0x05
          load: {process: alice, page: 3, segv: true}            | alice: page 3: load is done and must end in SIGSEGV
          store: {process: alice, page: 3, value: 1, segv: true} | alice: page 3: store is done and must end in SIGSEGV
          load: {process: alice, page: 5}                        | alice: page 5: load ends in SIGSEGV
          store: {process: alice, page: 5, value: 1}             | alice: page 5: store ends in SIGSEGV
          store: {process: alice, page: 6, value: 1}             | alice: page 6: store ends in SIGSEGV
          """)
  void whatIsOtherThanItMustBeIsAMismatch(String step, String text) throws Exception {
    Summary summary =
        run(
            "store: {process: alice, page: 3, value: 9}",
            "munmap: {process: alice, page: 5, pages: 1, remap: false}",
            "mprotect: {process: alice, page: 6, pages: 1, prot: r}",
            step);
    assertThat(summary.verdict().violations())
        .extracting(ViolationSummary::kind, ViolationSummary::text)
        .containsExactly(tuple(ViolationSummary.Kind.DATA_MISMATCH, text));
  }

  @Test
  void aProcessGetsTheSignalsThatItMust() throws Exception {
    Summary summary =
        run(
            "munmap: {process: alice, page: 5, pages: 1, remap: false}",
            "mprotect: {process: alice, page: 6, pages: 1, prot: r}",
            "store: {process: alice, page: 5, value: 1, segv: true}",
            "load: {process: alice, page: 5, segv: true}",
            "store: {process: alice, page: 6, value: 1, segv: true}",
            "load: {process: alice, page: 6, value: 0}");
    assertThat(summary.verdict().violations()).isEmpty();
  }

  /** Device and process find zeroes where their data was, and nothing anywhere else. */
  @Test
  void emptiedPagesReadAsZeroesAndStayMapped() throws Exception {
    Summary summary =
        run(
            "store: {process: alice, page: 2, value: 7}",
            "store: {process: alice, page: 4, value: 8}",
            DMA.replace("operations: 40", "operations: 40, mix: [crc]"),
            "dontNeed: {process: alice, page: 2, pages: 1}",
            "load: {process: alice, page: 2, value: 0}",
            "load: {process: alice, page: 4, value: 8}",
            DMA,
            "verify: {process: alice}");
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(summary.verdict().passed()).isTrue();
    StepSummary emptied = step(summary, "dontNeed alice 2");
    assertThat(emptied.notifierCalls()).isEqualTo(1);
    assertThat(emptied.devices()).hasSize(1);
  }

  /** Beside a stream that writes to them all the time. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void emptyingPagesBesideDmaLosesNothingElse(long seed) throws Exception {
    StringBuilder yaml = new StringBuilder(MACHINE);
    yaml.append("    - ").append(DMA).append('\n');
    yaml.append("    - ").append(BUSY).append('\n');
    for (int page = 0; page < 8; page++) {
      yaml.append("    - dontNeed: {process: alice, page: ").append(page).append(", pages: 1}\n");
    }
    yaml.append("    - wait: {background: busy}\n    - verify: {process: alice}\n");
    Summary summary = Machines.simulate(folder, yaml.toString(), seed).summary();
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(summary.verdict().passed()).isTrue();
  }

  private static StepSummary step(Summary summary, String words) {
    List<StepSummary> all =
        summary.steps().stream().filter(step -> step.step().equals(words)).toList();
    assertThat(all).hasSize(1);
    return all.get(0);
  }
}

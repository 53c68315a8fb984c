package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;

/** The step {@code inject}, and the checks that know nothing of it. */
class InjectedFaultsTest {
  private static final String MACHINE =
      """
      machine: {name: injected, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
        - {id: '00:05.0', model: dma, atc: 16x4}
      """;

  /** The only page of both devices goes: TLBI, CMD_SYNC, an ATC_INV each, CMD_SYNC. */
  private static final String STORY =
      """
      scenario:
        seed: 7
        steps:
          - process: {name: alice, pages: 2}
          - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
          - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 20, pages: 2}
          - inject: {%s}
          - munmap: {process: alice, page: 0, pages: 1}
          - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 20, pages: 2}
          - exit: {process: alice}
      """;

  private static final int COMMANDS = 5;

  @TempDir private Path folder;

  private Summary run(String fault) throws Exception {
    String yaml = MACHINE + Machines.IMPATIENT_BUS + STORY.formatted(fault);
    return Machines.simulate(folder, yaml, 1, new Recorder()).summary();
  }

  private static StepSummary munmap(Summary summary) {
    List<StepSummary> all =
        summary.steps().stream().filter(step -> step.step().startsWith("munmap")).toList();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          drop: command, nth: 1                      | DATA_MISMATCH
          drop: command, nth: 3                      | FREED_UNDER_GRANT
          drop: packet                               | PROTOCOL_VIOLATION
          drop: packet, nth: 2                       | PROTOCOL_VIOLATION
          drop: completion                           | PROTOCOL_VIOLATION
          duplicate: packet                          | PROTOCOL_VIOLATION
          duplicate: completion                      | PROTOCOL_VIOLATION
          """)
  void theChecksFindAFaultThatBreaksARule(String fault, ViolationSummary.Kind kind)
      throws Exception {
    assertThat(run(fault).verdict().violations()).extracting(ViolationSummary::kind).contains(kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop: packet, nth: 1000",
        "drop: command, nth: 1000",
        "duplicate: command, nth: 1",
        "duplicate: command, nth: 4",
        "delay: command, nth: 3, micros: 700",
        "delay: packet, micros: 700",
        "delay: completion, nth: 2, micros: 700"
      })
  void aFaultThatBreaksNoRuleIsNoViolation(String fault) throws Exception {
    Summary summary = run(fault);
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(summary.verdict().passed()).isTrue();
    int twice = fault.startsWith("duplicate") ? 1 : 0;
    assertThat(munmap(summary).commands()).isEqualTo(COMMANDS + twice);
  }

  @Test
  void whatIsLateTakesAsLongAsItIsSaid() throws Exception {
    for (String carried :
        List.of("command, nth: 4", "packet, device: '00:05.0'", "completion, device: '00:05.0'")) {
      long[] late = afterMunmap(run("delay: " + carried + ", micros: 7000"));
      assertThat(late[1]).as(carried).isGreaterThanOrEqualTo(7_000_000);
      assertThat(late[0]).as(carried).isLessThan(7_000_000);
    }
  }

  /** When the last completion of each device had come. */
  private static long[] afterMunmap(Summary summary) {
    return munmap(summary).devices().stream()
        .mapToLong(StepSummary.OnDevice::lastCompletionNanos)
        .toArray();
  }

  @Test
  void ofADeviceOnlyItsOwnAreCounted() throws Exception {
    Summary summary = run("drop: packet, device: '00:05.0'");
    assertThat(summary.verdict().violations())
        .allSatisfy(violation -> assertThat(violation.device()).isEqualTo("00:05.0"))
        .isNotEmpty();
  }

  /** A stream goes on with the device that is left. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aDeviceIsPulledOutUnderItsWork(long seed) throws Exception {
    String story =
        """
        scenario:
          seed: 7
          steps:
            - process: {name: alice, pages: 64}
            - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
            - dma:
                processes: [alice]
                devices: ['00:04.0', '00:05.0']
                operations: 300
                pages: 64
                background: work
            - unplug: {device: '00:05.0'}
            - munmap: {process: alice, page: 0, pages: 64}
            - wait: {background: work}
            - verify: {process: alice}
            - exit: {process: alice}
        """;
    Summary summary =
        Machines.simulate(folder, MACHINE + Machines.IMPATIENT_BUS + story, seed, new Recorder())
            .summary();
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(munmap(summary).devices())
        .extracting(StepSummary.OnDevice::device)
        .containsExactly("00:04.0");
    long whole = accesses(summary, "00:04.0");
    assertThat(accesses(summary, "00:05.0"))
        .as("its work had begun and was not done")
        .isPositive()
        .isLessThan(whole);
  }

  private static long accesses(Summary summary, String device) {
    return summary.devices().stream()
        .filter(each -> each.id().equals(device))
        .mapToLong(each -> each.count(FunctionCounter.TRANSLATED_ACCESSES))
        .sum();
  }
}

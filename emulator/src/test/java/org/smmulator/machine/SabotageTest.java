package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.metrics.ViolationSummary.Kind;

/** Planted bugs, each of which the checks must find without knowing of it. */
class SabotageTest {
  @TempDir private Path folder;

  private static String story(String device, String sabotage) {
    return story("16x4" + device, sabotage, 1024, 20);
  }

  /** A device hammers pages that its process unmaps and maps again. */
  private static String story(String atc, String sabotage, int bytes, int rounds) {
    StringBuilder yaml =
        new StringBuilder(
            """
            machine: {name: sabotaged, ramMiB: 256}
            devices:
              - {id: '00:04.0', model: dma, queues: 4, atc: %s}
            %s
            scenario:
              seed: 7
              steps:
                - process: {name: alice, pages: 64}
                - process: {name: bob, pages: 32}
                - bind: {process: alice, devices: ['00:04.0']}
                - bind: {process: bob, devices: ['00:04.0']}
                - dma:
                    processes: [alice]
                    devices: ['00:04.0']
                    operations: 100
                    pages: 32
                - dma:
                    processes: [alice]
                    devices: ['00:04.0']
                    operations: 800
                    pages: 32
                    bytes: %d
                    seedOffset: 1
                    background: hammer
            """
                .formatted(atc, sabotage, bytes));
    for (int i = 0; i < rounds; i++) {
      yaml.append("    - munmap: {process: alice, page: 0, pages: 32, remap: true}\n");
      // Meanwhile the hammer touches the fresh pages.
      yaml.append(
          "    - dma: {processes: [bob], devices: ['00:04.0'], operations: 10, pages: 32}\n");
    }
    yaml.append("    - wait: {background: hammer}\n    - exit: {process: alice}\n");
    return yaml.toString();
  }

  @Test
  void theSameStoryWithoutABugPasses() throws Exception {
    Summary summary = Machines.run(folder, story("", "")).summary();
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(summary.verdict().passed()).isTrue();
  }

  @Test
  void findsADeviceThatKeepsEntriesItSaidItDropped() throws Exception {
    Summary summary = Machines.run(folder, story(", sabotage: keep-invalidated", "")).summary();
    assertThat(summary.verdict().staleAccesses()).isPositive();
    reports(summary, Kind.STALE_ACCESS);
    assertThat(summary.verdict().passed()).isFalse();
  }

  @Test
  void findsAnInvalidateRequestThatWasLostOnTheWire() throws Exception {
    String sabotage = Machines.IMPATIENT_BUS + "sabotage: {loseInvalidation: 3}";
    Summary summary = Machines.run(folder, story("", sabotage)).summary();
    assertThat(summary.verdict().protocolViolations()).isPositive();
    reports(summary, Kind.PROTOCOL_VIOLATION);
    assertThat(summary.verdict().passed()).isFalse();
  }

  /** With two ATC entries the device asks the SMMU all the time, also in the gap. */
  @Test
  void findsADriverThatInvalidatesTheAtcBeforeTheTlb() throws Exception {
    Summary summary =
        Machines.run(folder, story("1x2", "sabotage: {atcInvBeforeTlbi: true}", 65_536, 100))
            .summary();
    assertThat(summary.verdict().freedUnderGrant()).isPositive();
    reports(summary, Kind.FREED_UNDER_GRANT);
    assertThat(summary.verdict().passed()).isFalse();
  }

  @Test
  void findsAFrameThatWasReusedTooEarly() throws Exception {
    Summary summary =
        Machines.run(folder, story("", "sabotage: {reuseFrameEarly: true}")).summary();
    assertThat(summary.verdict().freedUnderGrant()).isPositive();
    reports(summary, Kind.FREED_UNDER_GRANT);
    assertThat(summary.verdict().passed()).isFalse();
  }

  /** At least one violation of the kind names device, PASID, address and frame. */
  private static void reports(Summary summary, Kind kind) {
    List<ViolationSummary> violations = summary.verdict().violations();
    Predicate<ViolationSummary> complete =
        violation ->
            violation.kind() == kind
                && "00:04.0".equals(violation.device())
                && violation.pasid() != null
                && violation.address() != null
                && violation.frame() != null;
    assertThat(violations).anyMatch(complete);
  }
}

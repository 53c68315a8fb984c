package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.counter.Counts;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.Verdict;
import org.smmulator.smmu.port.SmmuCounter;

/**
 * Short stories over the real driver, the real SMMU and real ATCs, each in many orders: everything
 * compares equal, nothing is stale, and in the end nothing is left.
 */
class EndToEndSeedsTest {
  private static final int FIRST = Integer.getInteger("smmulator.firstSeed", 1);
  private static final int SEEDS = Integer.getInteger("smmulator.seeds", 12);

  private static final String MACHINE =
      """
      machine: {name: seeds, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, atc: 1x2, queues: 4}
        - {id: '00:05.0', model: dma, atc: 16x4, queues: 4, pri: 4}
        - {id: '00:06.0', model: dma, atc: 4x4, queues: 4}
      scenario:
        steps:
          - process: {name: alice, pages: 24}
          - process: {name: bob, pages: 24}
          - write: {process: alice, page: 0, pages: 24}
          - write: {process: bob, page: 0, pages: 24}
          - bind: {process: alice, devices: ['00:04.0', '00:05.0', '00:06.0']}
          - bind: {process: bob, devices: ['00:05.0', '00:06.0']}
          - dma:
              processes: [alice]
              devices: ['00:04.0', '00:05.0', '00:06.0']
              operations: 60
              pages: 24
              bytes: 256
              background: alice
          - dma:
              processes: [bob]
              devices: ['00:05.0', '00:06.0']
              operations: 60
              pages: 24
              bytes: 256
              background: bob
      """;

  private static final List<String> BOTH_END =
      List.of(
          "wait: {background: alice}",
          "wait: {background: bob}",
          "exit: {process: alice}",
          "exit: {process: bob}");

  /** What happens while all devices work for both processes. */
  private enum Story {
    UNBIND_BESIDE_MUNMAP(
        "unbindWhileBusy: {process: alice, device: '00:04.0'}",
        "munmap: {process: alice, page: 0, pages: 12, remap: true}",
        "munmap: {process: bob, page: 3, pages: 1, remap: true}"),
    DOMAIN_DETACHED_UNDER_TWO_PROCESSES(
        "detachDomain: {device: '00:05.0'}",
        "munmap: {process: bob, page: 0, pages: 24, remap: true}"),
    FORK_AND_COPY_BESIDE_DMA(
        "fork: {process: bob, child: ben}",
        "write: {process: ben, page: 0, pages: 12}",
        "write: {process: bob, page: 0, pages: 12}",
        "verify: {process: ben}",
        "exit: {process: ben}"),
    PROTECTED_AND_AGED_UNDER_DMA(
        "mprotect: {process: alice, page: 4, pages: 8, prot: r}",
        "age: {process: alice, page: 0, pages: 24}",
        "mprotect: {process: alice, page: 4, pages: 8, prot: rw}",
        "age: {process: bob, page: 0, pages: 24}",
        "mprotect: {process: bob, page: 0, pages: 2, prot: none}",
        "mprotect: {process: bob, page: 0, pages: 2, prot: rw}"),
    KILLED_BESIDE_ANOTHER(
        "kill: {process: alice}", "munmap: {process: bob, page: 0, pages: 12, remap: true}") {
      @Override
      List<String> end() {
        return List.of(
            "wait: {background: alice}", "wait: {background: bob}", "exit: {process: bob}");
      }
    };

    private final String steps;

    Story(String... steps) {
      this.steps = lines(List.of(steps));
    }

    List<String> end() {
      return BOTH_END;
    }

    private static String lines(List<String> steps) {
      return steps.stream().map(step -> "    - " + step + "\n").collect(Collectors.joining());
    }

    String yaml() {
      return MACHINE + steps + lines(end());
    }
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void everySeedPassesAndLeavesNothing(Story story) throws Exception {
    everySeedPassesAndLeavesNothing(story.yaml(), story);
  }

  /** One device without ATS, whose faults stall, beside the others. */
  @ParameterizedTest
  @EnumSource
  void everySeedPassesWithADeviceThatStalls(Story story) throws Exception {
    String yaml = story.yaml().replace("queues: 4, pri: 4}", "queues: 4, stall: true}");
    everySeedPassesAndLeavesNothing(yaml, story);
  }

  private void everySeedPassesAndLeavesNothing(String yaml, Story story) throws Exception {
    for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
      Machines.Outcome outcome = Machines.simulate(folder, yaml, seed);
      String which = story + ", seed " + seed;
      assertThat(outcome.summary().smmu().of(SmmuCounter.STALLED_NOW)).as(which).isZero();
      Verdict verdict = outcome.summary().verdict();
      assertThat(outcome.ending()).as(which).isEqualTo(Ending.DONE);
      assertThat(verdict.violations()).as(which).isEmpty();
      assertThat(verdict.passed()).as(which).isTrue();
      assertThat(verdict.checked(CheckedCounter.BYTES_COMPARED)).as(which).isPositive();
      Counts<SvaCounter> sva = outcome.summary().sva();
      assertThat(sva.of(SvaCounter.PASIDS_LIVE)).as(which).isZero();
      assertThat(sva.of(SvaCounter.PASIDS_QUARANTINED)).as(which).isZero();
    }
  }
}

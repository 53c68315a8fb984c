package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.metrics.ViolationSummary.Kind;
import org.smmulator.record.Recorder;

/**
 * Planted bugs, each of which the checks must find without knowing of it, in whole machines whose
 * order a seed decides.
 */
class SabotageTest {
  private static final int SEEDS = 20;

  @TempDir private Path folder;

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
                    operations: 20
                    pages: 32
                - dma:
                    processes: [alice]
                    devices: ['00:04.0']
                    operations: 200
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

  @ParameterizedTest
  @ValueSource(strings = {"16x4", "1x2"})
  void theSameStoryWithoutABugPassesWithEverySeed(String atc) throws Exception {
    for (int seed = 1; seed <= SEEDS; seed++) {
      Summary summary = Machines.simulate(folder, story(atc, "", 1024, 20), seed).summary();
      assertThat(summary.verdict().violations()).as("seed %d", seed).isEmpty();
      assertThat(summary.verdict().passed()).as("seed %d", seed).isTrue();
    }
  }

  @Test
  void findsADeviceThatKeepsEntriesItSaidItDropped() throws Exception {
    String yaml = story("16x4, sabotage: keep-invalidated", "", 1024, 20);
    assertNamesTheInvalidation(assertFound(yaml, Kind.STALE_ACCESS), "");
    assertNamesTheInvalidation(
        Machines.simulate(folder, yaml, 1, new Recorder()).summary(),
        ", of step 'munmap alice 0-31'");
  }

  private static void assertNamesTheInvalidation(Summary summary, String step) {
    assertThat(summary.verdict().violations())
        .filteredOn(violation -> violation.kind() == Kind.STALE_ACCESS)
        .isNotEmpty()
        .allSatisfy(
            violation ->
                assertThat(violation.text())
                    .matches(
                        "(read|write) through a translation that was invalidated by the ATC_INV of"
                            + " 0x\\p{XDigit}+ to 0x\\p{XDigit}+ of PASID 1 with ITag \\d+, complete"
                            + " at \\d+\\.\\d us"
                            + step));
  }

  @Test
  void findsAnInvalidateRequestThatWasLostOnTheWire() throws Exception {
    String sabotage = Machines.IMPATIENT_BUS + "sabotage: {loseInvalidation: 3}";
    assertFound(story("16x4", sabotage, 1024, 20), Kind.PROTOCOL_VIOLATION);
  }

  /** With two ATC entries the device asks the SMMU all the time, also in the gap. */
  @Test
  void findsADriverThatInvalidatesTheAtcBeforeTheTlb() throws Exception {
    assertFound(
        story("1x2", "sabotage: {atcInvBeforeTlbi: true}", 4096, 20), Kind.FREED_UNDER_GRANT);
  }

  @Test
  void findsAFrameThatWasReusedTooEarly() throws Exception {
    assertFound(
        story("16x4", "sabotage: {reuseFrameEarly: true}", 1024, 20), Kind.FREED_UNDER_GRANT);
  }

  /** A device is bound, works, and is taken from a process in every way; then the memory goes. */
  private static String partings(String sabotage, String parting) {
    return """
        machine: {name: sabotaged, ramMiB: 256}
        guest: {pasidPolicy: lowest}
        devices:
          - {id: '00:04.0', model: dma, queues: 4, atc: 16x4}
        %s
        scenario:
          seed: 7
          steps:
            - process: {name: alice, pages: 32}
            - process: {name: bob, pages: 32}
            - bind: {process: alice, devices: ['00:04.0']}
            - dma: {processes: [alice], devices: ['00:04.0'], operations: 20, pages: 32}
        %s
            - bind: {process: bob, devices: ['00:04.0']}
            - dma: {processes: [bob], devices: ['00:04.0'], operations: 20, pages: 32}
        """
        .formatted(
            sabotage,
            parting.lines().map(step -> "    - " + step).collect(Collectors.joining("\n")));
  }

  private static final String EXIT_BOUND = "exit: {process: alice, unbind: false}";

  private static final String UNBIND =
      "unbind: {process: alice, device: '00:04.0'}\n"
          + "munmap: {process: alice, page: 0, pages: 32}";

  /** One page less than a power of two is rounded up to it. */
  private static final String MUNMAP =
      "munmap: {process: alice, page: 0, pages: 17}\n"
          + "munmap: {process: alice, page: 20, pages: 1}";

  private static final String SILENT = "mmExit: {device: '00:04.0', returns: 5}\n" + EXIT_BOUND;

  @ParameterizedTest
  @ValueSource(strings = {EXIT_BOUND, UNBIND, MUNMAP, SILENT})
  void withoutABugEveryPartingPasses(String parting) throws Exception {
    for (int seed = 1; seed <= 3; seed++) {
      Summary summary = Machines.simulate(folder, partings("", parting), seed).summary();
      assertThat(summary.verdict().violations()).as("seed %d", seed).isEmpty();
      assertThat(summary.verdict().passed()).as("seed %d", seed).isTrue();
    }
  }

  @Test
  void findsADeathThatLeavesTheAtcAsItIs() throws Exception {
    assertFound(partings("sabotage: {sva: exit-keeps-atc}", EXIT_BOUND), Kind.FREED_UNDER_GRANT);
  }

  @Test
  void findsAnUnbindThatLeavesTheAtcAsItIs() throws Exception {
    assertFound(partings("sabotage: {sva: unbind-keeps-atc}", UNBIND), Kind.FREED_UNDER_GRANT);
  }

  @Test
  void findsARangeThatIsOnePageTooShort() throws Exception {
    assertFound(partings("sabotage: {sva: range-too-short}", MUNMAP), Kind.FREED_UNDER_GRANT);
  }

  /** The allocator of PASIDs knows who names one, and hands none out that is named. */
  @Test
  void findsAPasidThatIsFreeBeforeItsDeviceHasStopped() {
    assertThatThrownBy(
            () ->
                Machines.simulate(
                    folder, partings("sabotage: {sva: pasid-freed-early}", SILENT), 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("PASID 1 is free, but named by {CD=1}");
  }

  /** Who is inside of what is freed finds out, and its address space is never given back. */
  @Test
  void findsANotifierThatIsFreedUnderACallback() throws Exception {
    Summary clean = Machines.simulate(folder, partings("", EXIT_BOUND), 1).summary();
    assertThat(clean.mm().of(MmCounter.LIVE_ADDRESS_SPACES)).as("Bob's").isEqualTo(1);
    String yaml = partings("sabotage: {sva: no-grace-period}", EXIT_BOUND);
    Summary found = Machines.simulate(folder, yaml, 1).summary();
    assertThat(found.mm().of(MmCounter.LIVE_ADDRESS_SPACES)).isEqualTo(2);
    assertThat(found.verdict().found(VerdictCounter.KERNEL_FAILURES)).isEqualTo(1);
    assertThat(found.verdict().outcome()).isEqualTo(Verdict.Outcome.FAILED);
    assertThat(found.verdict().violations())
        .singleElement()
        .satisfies(violation -> assertThat(violation.kind()).isEqualTo(Kind.KERNEL_FAILURE))
        .satisfies(
            violation ->
                assertThat(violation.text())
                    .matches(
                        "alice \\(asid \\d+\\): a notifier's callback failed: .*after it was freed"));
  }

  /** One of the first seeds shows the bug, and the same seed shows it again. */
  private Summary assertFound(String yaml, Kind kind) throws Exception {
    for (int seed = 1; seed <= SEEDS; seed++) {
      Summary summary = Machines.simulate(folder, yaml, seed).summary();
      if (isReported(summary, kind)) {
        assertThat(summary.verdict().passed()).isFalse();
        assertThat(Machines.simulate(folder, yaml, seed).summary()).isEqualTo(summary);
        System.err.println(kind + " found with seed " + seed);
        return summary;
      }
    }
    throw new AssertionError("no " + kind + " with seeds 1 to " + SEEDS);
  }

  /** At least one violation of the kind names device, PASID, address and frame. */
  private static boolean isReported(Summary summary, Kind kind) {
    Predicate<ViolationSummary> complete =
        violation ->
            violation.kind() == kind
                && "00:04.0".equals(violation.device())
                && violation.pasid() != null
                && violation.address() != null
                && violation.frame() != null;
    return summary.verdict().violations().stream().anyMatch(complete);
  }
}

package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.sched.Task;

final class DriverCommandQueueTest {
  private static final int PASID = 5;

  static LongStream seeds() {
    return DriverBench.seeds(100);
  }

  /** Four tasks push much more through a queue of two or four entries than it holds. */
  @ParameterizedTest
  @MethodSource("seeds")
  void completesEachProducersBatchBeforeItGoesOn(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          int entriesLog2 = 1 + (int) (seed & 1);
          bench.options = new SmmuOptions(entriesLog2, 3, 3, 8, 4, 2, 3_600_000_000_000L, Set.of());
          SmmuV3Driver driver = bench.probe();
          IommuDevice device = bench.device(DriverBench.STREAM);
          IommuDomain domain = driver.attachDefaultDomain(device);
          List<BoundDevice> bound = List.of(new BoundDevice(domain, device));
          List<Task> producers = new ArrayList<>();
          bench.takeJournal();
          for (int producer = 0; producer < 4; producer++) {
            MmContext context = driver.mmAlloc(domain, bench.spaces.create("mm " + producer));
            producers.add(
                bench.sched.spawn(
                    "producer " + producer,
                    () -> {
                      for (int round = 0; round < 4; round++) {
                        driver.mmInvalidate(bound, PASID, context, (1 + round) << 12, 0x2000);
                        assertCompleted(bench, context, round);
                      }
                    }));
          }
          producers.forEach(Task::join);
          List<String> journal = bench.takeJournal();
          assertThat(journal.stream().filter(line -> !line.equals("SYNC"))).hasSize(4 * 4 * 3);
          assertBatchesInOnePiece(journal);
        });
  }

  private static void assertCompleted(DriverBench bench, MmContext context, int round) {
    String last = "TLBI_NH_VA asid=%x %x000".formatted(context.asid(), 2 + round);
    List<String> journal = bench.smmu.journal;
    int tlbi = journal.lastIndexOf(last);
    assertThat(tlbi).isNotNegative();
    assertThat(journal.get(tlbi + 1)).isEqualTo("SYNC");
    assertThat(journal.subList(tlbi + 2, journal.size()))
        .containsSubsequence("ATC_INV sid=208 ssid=5 " + block(round), "SYNC");
  }

  private static String block(int round) {
    AtcRange range = AtcRange.covering((1L + round) << 12, 0x2000);
    return "%x size=%d".formatted(range.address(), range.sizeLog2());
  }

  private static void assertBatchesInOnePiece(List<String> journal) {
    for (int i = 0; i < journal.size(); i++) {
      String line = journal.get(i);
      if (line.startsWith("ATC_INV")) {
        assertThat(journal.get(i - 1)).isEqualTo("SYNC");
        assertThat(journal.get(i + 1)).isEqualTo("SYNC");
      }
    }
  }

  @Test
  void skipsACommandThatTheSmmuRefusesAndCompletesTheRest() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          IommuDevice device = bench.device(DriverBench.STREAM);
          driver.attachDefaultDomain(device);
          bench.smmu.illegal.add(0x41);
          bench.takeJournal();
          driver.pageResponse(device, new PageResponse(PASID, 1, ResponseCode.SUCCESS));
          driver.detachDevice(device);
          assertThat(bench.takeJournal())
              .containsSubsequence(
                  "refused PRI_RESP sid=208 ssid=5 group=1 code=2",
                  "GERRORN=0x1",
                  "SYNC",
                  "ATC_INV sid=208 0 size=52",
                  "SYNC");
        });
  }

  @Test
  void letsTheSmmuFetchAgainWhatItCouldNotFetch() {
    DriverBench.run(
        bench -> {
          SmmuV3Driver driver = bench.probe();
          bench.smmu.fetchAborts = 2;
          bench.takeJournal();
          driver.attachDefaultDomain(bench.device(DriverBench.STREAM));
          assertThat(bench.takeJournal())
              .startsWith("GERRORN=0x1", "GERRORN=0x0", "CFGI_STE sid=208", "SYNC");
        });
  }

  @Test
  void reportsAnSmmuThatStoppedConsuming() {
    DriverBench.run(
        bench -> {
          bench.options = new SmmuOptions(4, 3, 3, 8, 4, 2, 1_000_000_000L, Set.of());
          SmmuV3Driver driver = bench.probe();
          bench.smmu.dead = true;
          assertThatThrownBy(() -> driver.attachDefaultDomain(bench.device(DriverBench.STREAM)))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("has not consumed command");
          assertThat(bench.sched.nanoTime()).isEqualTo(1_000_000_000L);
        });
  }
}

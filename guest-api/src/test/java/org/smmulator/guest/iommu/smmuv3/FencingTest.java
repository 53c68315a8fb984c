package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.sched.Task;

final class FencingTest {
  private static final int PASID = 5;

  static LongStream seeds() {
    return DriverBench.seeds(200);
  }

  /** A silent device and one that answers, each with a shared address space. */
  private static final class Pair {
    final DriverBench bench;
    final SmmuV3Driver driver;
    final IommuDevice silent;
    final IommuDevice healthy;
    final IommuDomain silentDomain;
    final IommuDomain healthyDomain;
    final MmContext silentContext;
    final MmContext healthyContext;

    Pair(DriverBench bench) throws IommuException {
      this.bench = bench;
      driver = bench.probe();
      silent = bench.device(DriverBench.STREAM);
      healthy = bench.device(DriverBench.OTHER_STREAM);
      silentDomain = driver.attachDefaultDomain(silent);
      healthyDomain = driver.attachDefaultDomain(healthy);
      silentContext = driver.mmAlloc(silentDomain, bench.spaces.create("one"));
      healthyContext = driver.mmAlloc(healthyDomain, bench.spaces.create("two"));
      driver.mmAttach(silentDomain, silent, PASID, silentContext, true);
      driver.mmAttach(healthyDomain, healthy, PASID, healthyContext, true);
      assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isTrue();
      assertThat(bench.smmu.acceptsTranslated(DriverBench.OTHER_STREAM)).isTrue();
      bench.smmu.silent.add(DriverBench.STREAM);
      bench.takeJournal();
    }

    void invalidateSilent() {
      BoundDevice bound = new BoundDevice(silentDomain, silent);
      driver.mmInvalidate(List.of(bound), PASID, silentContext, 0x4000, 0x1000);
      assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).as("fenced on return").isFalse();
    }

    /** Asks the ATC without a word to the TLB before. */
    void dropSilent() {
      driver.mmDetach(silentDomain, silent, PASID, silentContext, DetachMode.KEEP_CD);
      assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).as("fenced on return").isFalse();
    }

    void invalidateHealthy() {
      BoundDevice bound = new BoundDevice(healthyDomain, healthy);
      driver.mmInvalidate(List.of(bound), PASID, healthyContext, 0x4000, 0x1000);
    }
  }

  @Test
  void fencesADeviceThatDoesNotAnswerBeforeItReturns() {
    DriverBench.run(
        bench -> {
          Pair pair = new Pair(bench);
          pair.invalidateSilent();
          assertThat(bench.takeJournal())
              .containsExactly(
                  "TLBI_NH_VA asid=" + FakeSmmu.hex(pair.silentContext.asid()) + " 4000",
                  "SYNC",
                  "ATC_INV sid=208 ssid=5 4000 size=0",
                  "time-out",
                  "GERRORN=0x1",
                  "SYNC",
                  "CFGI_STE sid=208 leaf",
                  "SYNC");
          assertThat(pair.driver.isFenced(pair.silent)).isTrue();
          assertThat(pair.driver.isFenced(pair.healthy)).isFalse();
        });
  }

  /** Whoever waits must find the device fenced, and all together wait for one time-out only. */
  @ParameterizedTest
  @MethodSource("seeds")
  void costsConcurrentInvalidationsOneTimeOutAndFencesBeforeAnyReturns(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Pair pair = new Pair(bench);
          List<Task> tasks = new ArrayList<>();
          for (int i = 0; i < 3; i++) {
            tasks.add(bench.sched.spawn("silent " + i, pair::invalidateSilent));
            tasks.add(bench.sched.spawn("healthy " + i, pair::invalidateHealthy));
            tasks.add(
                bench.sched.spawn(
                    "at the time-out " + i,
                    () -> {
                      bench.sched.sleep(FakeSmmu.TIMEOUT_NANOS);
                      pair.dropSilent();
                    }));
          }
          tasks.forEach(Task::join);
          assertThat(tasks).allMatch(task -> task.failure() == null);
          assertThat(bench.smmu.timeouts).isEqualTo(1);
          assertThat(bench.sched.nanoTime()).isEqualTo(FakeSmmu.TIMEOUT_NANOS);
          assertThat(bench.smmu.acceptsTranslated(DriverBench.OTHER_STREAM)).isTrue();
          assertThat(pair.driver.isFenced(pair.healthy)).isFalse();
          assertThat(bench.takeJournal().stream().filter(line -> line.contains("sid=210")))
              .hasSize(3)
              .allMatch(line -> line.startsWith("ATC_INV"));
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void fencesEachOfTwoSilentDevicesForItsOwnFailure(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Pair pair = new Pair(bench);
          bench.smmu.silent.add(DriverBench.OTHER_STREAM);
          Task other = bench.sched.spawn("other", pair::invalidateHealthy);
          pair.invalidateSilent();
          other.join();
          assertThat(bench.smmu.acceptsTranslated(DriverBench.OTHER_STREAM)).isFalse();
          assertThat(bench.smmu.timeouts).isEqualTo(2);
        });
  }

  @Test
  void asksAFencedDeviceNothingMoreUntilItIsAttachedAgain() {
    DriverBench.run(
        bench -> {
          Pair pair = new Pair(bench);
          long iova = pair.silentDomain.map(FakeRam.BASE, 0x1000, DmaDirection.BIDIRECTIONAL);
          pair.invalidateSilent();
          bench.takeJournal();
          pair.invalidateSilent();
          pair.silentDomain.unmap(iova, 0x1000);
          pair.driver.mmDetach(
              pair.silentDomain, pair.silent, PASID, pair.silentContext, DetachMode.CLEAR);
          pair.driver.detachDevice(pair.silent);
          assertThat(bench.takeJournal()).noneMatch(line -> line.startsWith("ATC_INV"));
          bench.smmu.silent.clear();
          pair.driver.attachDefaultDomain(pair.silent);
          assertThat(pair.driver.isFenced(pair.silent)).isFalse();
          assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isTrue();
          assertThat(bench.smmu.timeouts).isEqualTo(1);
        });
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void anUnmapAndAnInvalidationCostOneTimeOutAndThenTheDeviceIsDetached(long seed) {
    DriverBench.run(
        seed,
        bench -> {
          Pair pair = new Pair(bench);
          IommuDevice device = pair.silent;
          Task unmapping =
              bench.sched.spawn(
                  "unmapping",
                  () -> {
                    try {
                      IommuDomain domain = pair.silentDomain;
                      long iova = domain.map(FakeRam.BASE, 0x1000, DmaDirection.TO_DEVICE);
                      domain.unmap(iova, 0x1000);
                    } catch (IommuException refused) {
                      throw new AssertionError(refused);
                    }
                    assertThat(bench.smmu.acceptsTranslated(DriverBench.STREAM)).isFalse();
                  });
          pair.invalidateSilent();
          unmapping.join();
          pair.driver.detachDevice(device);
          assertThat(bench.smmu.tables.steWord(DriverBench.STREAM, 0)).isEqualTo(1);
          assertThat(bench.smmu.timeouts).isEqualTo(1);
        });
  }
}

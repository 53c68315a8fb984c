package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.smmu.port.Transaction;

/** Explanations asked of whole machines, from a thread that is not the hardware's. */
class ExplainMachineTest extends DrivenMachine {
  private static final Question READ =
      new Question(
          EDU_SID,
          Transaction.NO_SUBSTREAM,
          0xab0_0010,
          Question.Kind.UNTRANSLATED,
          false,
          false,
          false);

  @Test
  void aMachineOfAHarnessExplainsWithoutCounting() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(EDU_SID);
    harness.map(0xab0_0000, 0x4020_0000);
    RunningMachine running = Objects.requireNonNull(machine);
    SmmuCounters before = running.summary().smmu();

    assertThat(running.explain(READ)).contains("result: goes on at 0x40200010");
    assertThat(running.summary().smmu()).isEqualTo(before);
    running.close();
    assertThatThrownBy(() -> running.explain(READ)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theSummaryShowsEachCacheAsTheSmmuCountsIt() throws Exception {
    Harness harness = startBare();
    harness.bringUp();
    harness.translate(EDU_SID);
    harness.map(0xab0_0000, 0x4020_0000);
    harness.ask("smmu_read 0x20 - 0xab00000 8");
    harness.ask("smmu_read 0x20 - 0xab00000 8");
    harness.command(0x30, 0); // TLBI_NSNH_ALL
    harness.command(0x46, 0); // SYNC
    SmmuCounters smmu = Objects.requireNonNull(machine).summary().smmu();

    assertThat(smmu.cache(SmmuCache.TLB).of(CacheCounter.LOOKUPS)).isEqualTo(2);
    assertThat(smmu.cache(SmmuCache.TLB).of(CacheCounter.HITS)).isEqualTo(1);
    assertThat(smmu.cache(SmmuCache.TLB).of(CacheCounter.INSERTIONS)).isEqualTo(1);
    assertThat(smmu.cache(SmmuCache.TLB).of(CacheCounter.INVALIDATED)).isEqualTo(1);
    assertThat(smmu.cache(SmmuCache.TLB).of(CacheCounter.RESIDENT)).isZero();
    assertThat(smmu.cache(SmmuCache.WALK_CACHE).of(CacheCounter.INSERTIONS)).isEqualTo(3);
    assertThat(smmu.cache(SmmuCache.WALK_CACHE).of(CacheCounter.INVALIDATED)).isEqualTo(3);
    assertThat(smmu.cache(SmmuCache.CONFIGURATION_CACHE).of(CacheCounter.LOOKUPS)).isEqualTo(2);
    assertThat(smmu.cache(SmmuCache.CONFIGURATION_CACHE).of(CacheCounter.HITS)).isEqualTo(1);
    assertThat(smmu.cache(SmmuCache.CONFIGURATION_CACHE).of(CacheCounter.INSERTIONS)).isEqualTo(2);
    assertThat(smmu.cache(SmmuCache.CONFIGURATION_CACHE).of(CacheCounter.RESIDENT)).isEqualTo(2);
  }

  @Test
  void aMachineWithTheBuiltInKernelExplainsToo() throws Exception {
    try (RunningMachine running =
        new Launcher().start(Machines.config(folder, MACHINE), Recorder.OFF)) {
      assertThat(running.explain(READ))
          .contains("transaction of stream 0x20: read at 0xab00010")
          .anyMatch(line -> line.startsWith("rule: "));
    }
  }
}

package org.smmulator.smmu.explain;

import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.explain.ReadLog.Purpose;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.translation.Stages;

/**
 * The SMMU's way from a transaction to an address, built anew for one translation: the same parts,
 * with caches of their own that start empty, over a memory that logs what is read.
 */
final class UncachedTranslation {
  /** Enough for a walk; nothing outlives it. */
  private static final SmmuFeatures.Caches SMALLEST = new SmmuFeatures.Caches(1, 1, 0, 1);

  final ReadLog log = new ReadLog();
  final Configurations configurations;
  final Stages stages;

  /**
   * @param updates whether access flags and dirty states are updated in memory
   */
  UncachedTranslation(
      SmmuFeatures features, Registers registers, PhysicalMemory memory, boolean updates) {
    TranslationCaches caches = new TranslationCaches(SMALLEST);
    stages =
        new Stages(
            log.view(Purpose.STAGE1, memory, updates),
            log.view(Purpose.STAGE2, memory, updates),
            caches);
    configurations =
        new Configurations(
            log.view(Purpose.STREAM, memory, false),
            log.view(Purpose.CONTEXT, memory, false),
            stages.intermediateAddresses(),
            registers,
            caches.spaces(),
            features.withCaches(SMALLEST));
  }
}

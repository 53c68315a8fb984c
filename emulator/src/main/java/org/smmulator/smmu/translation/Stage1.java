package org.smmulator.smmu.translation;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.TableHalf;
import org.smmulator.smmu.tlb.Tlb;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;

/** Stage 1 of a context: from an input address to its {@link Translation} (IHI 0070 3.4). */
public final class Stage1 {
  private final Tlb tlb;
  private final TableWalker walker;

  public Stage1(PhysicalMemory memory, TranslationCaches caches) {
    tlb = caches.tlb();
    walker = new TableWalker(memory, caches);
  }

  /** The translation of an address, or the fault; permissions are not looked at. */
  public long translate(ContextDescriptor context, long address) {
    TableHalf half = context.half(address);
    if (!half.contains(address)) {
      return Translation.fault(EventType.F_TRANSLATION);
    }
    long cached = tlb.lookup(context.asid(), context.alternateAsidSet(), address);
    if (cached != 0) {
      return cached;
    }
    // EPD forbids the walk, not the use of what an earlier walk left in the TLB.
    return half.disabled()
        ? Translation.fault(EventType.F_TRANSLATION)
        : walker.walk(context, half, address);
  }

  public long walks() {
    return walker.walks();
  }

  public long descriptorReads() {
    return walker.descriptorReads();
  }
}

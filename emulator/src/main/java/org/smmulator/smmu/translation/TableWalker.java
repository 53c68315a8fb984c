package org.smmulator.smmu.translation;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.TableHalf;
import org.smmulator.smmu.tlb.Tlb;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.tlb.WalkCache;

/**
 * The VMSAv8-64 stage 1 table walk with 4 KiB granules (ARM DDI 0487 D8.2, IHI 0070 3.13). Faults
 * come in the architecture's order: at each level external abort, translation, address size; at the
 * leaf the access flag. Permission is left to whoever uses the translation.
 */
final class TableWalker {
  private static final int LEAF_LEVEL = 3;

  private final PhysicalMemory memory;
  private final Tlb tlb;
  private final WalkCache walkCache;
  private long walks;
  private long descriptorReads;

  TableWalker(PhysicalMemory memory, TranslationCaches caches) {
    this.memory = memory;
    this.tlb = caches.tlb();
    this.walkCache = caches.walkCache();
  }

  /** The {@link Translation} of an address that {@code half} contains; kept unless it faulted. */
  long walk(ContextDescriptor context, TableHalf half, long address) {
    walks++;
    int level = LEAF_LEVEL;
    long cached = 0;
    while (level > half.startLevel() && cached == 0) {
      cached = walkCache.lookup(context.asid(), address, level);
      level -= cached == 0 ? 1 : 0;
    }
    return cached == 0
        ? descend(context, half, address, level, half.table(), 0)
        : descend(context, half, address, level, WalkCache.table(cached), WalkCache.limits(cached));
  }

  /** Reads descriptors from a table of {@code level} on, down to the leaf. */
  private long descend(
      ContextDescriptor context,
      TableHalf half,
      long address,
      int firstLevel,
      long firstTable,
      int firstLimits) {
    long input = half.input(address);
    long table = firstTable;
    int limits = firstLimits;
    for (int level = firstLevel; ; level++) {
      long at = table + 8L * Descriptor.index(input, level);
      long descriptor;
      try {
        descriptorReads++;
        descriptor = memory.load64(at);
      } catch (BusAbort abort) {
        return Translation.fault(EventType.F_WALK_EABT, at);
      }
      if (!isUsable(descriptor, level)) {
        return Translation.fault(EventType.F_TRANSLATION);
      }
      if (Descriptor.address(descriptor) >>> context.outputBits() != 0) {
        return Translation.fault(EventType.F_ADDR_SIZE);
      }
      if (level == LEAF_LEVEL || !Descriptor.isTable(descriptor)) {
        return leaf(context, address, level, descriptor, limits);
      }
      table = Descriptor.address(descriptor);
      limits |= half.hierarchyIgnored() ? 0 : Permissions.limits(descriptor);
      walkCache.insert(context.asid(), address, level + 1, table, limits);
    }
  }

  private long leaf(
      ContextDescriptor context, long address, int level, long descriptor, int limits) {
    if ((descriptor & Descriptor.AF) == 0 && !context.accessFlagIgnored()) {
      return Translation.fault(EventType.F_ACCESS);
    }
    long output = Descriptor.blockAddress(descriptor, level);
    int permissions = Permissions.of(descriptor, limits, context);
    long translation = Translation.of(output, level, permissions);
    boolean global = (descriptor & Descriptor.NG) == 0;
    tlb.insert(context.asid(), context.alternateAsidSet(), global, address, translation);
    return translation;
  }

  /** There are no blocks at level 0, and nothing but pages at level 3. */
  private static boolean isUsable(long descriptor, int level) {
    return switch (level) {
      case 0 -> Descriptor.isTable(descriptor);
      case LEAF_LEVEL -> Descriptor.isPage(descriptor);
      default -> Descriptor.isValid(descriptor);
    };
  }

  long walks() {
    return walks;
  }

  long descriptorReads() {
    return descriptorReads;
  }
}

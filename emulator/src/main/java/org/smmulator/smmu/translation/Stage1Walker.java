package org.smmulator.smmu.translation;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.TranslationTable;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.tlb.Tlb;
import org.smmulator.smmu.tlb.TlbSpace;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.tlb.WalkCache;

/**
 * The stage 1 table walk (Arm ARM D8.2, D8.3; IHI 0070 3.4), with stage 2 under every descriptor
 * and under the output if it is enabled. Faults come in the architecture's order: at each level
 * stage 2 of the descriptor's address, external abort, translation, address size; at the leaf
 * access flag, permission, and then stage 2 of the output.
 */
final class Stage1Walker {
  /** Of a leaf that somebody changed before it could be updated: read it again. */
  private static final long CHANGED = 1;

  private final PhysicalMemory memory;
  private final Tlb tlb;
  private final WalkCache walkCache;
  private final Stage2Walker stage2Walker;
  private final Fault fault;
  private long walks;
  private final long[] readsOfLevel = new long[Granule.LAST_LEVEL + 1];

  // The walk under way.
  private @Nullable Stage2Context stage2;
  private long address;
  private int access;
  private long intermediate;
  private boolean alone;

  Stage1Walker(
      PhysicalMemory memory, TranslationCaches caches, Stage2Walker stage2Walker, Fault fault) {
    this.memory = memory;
    this.tlb = caches.tlb();
    this.walkCache = caches.walkCache();
    this.stage2Walker = stage2Walker;
    this.fault = fault;
  }

  /**
   * The translation of an address that {@code table} contains. One loop, though a long one: it is
   * the hot path, and what stands in its locals would have to go through fields.
   *
   * @param context whose table it is
   * @param under stage 2, or null if it is off
   * @param wanted the {@link Access} to both stages
   * @return {@link Translation#FAULT}, described in the fault, or 0 if nothing is granted
   */
  long walk(
      ContextDescriptor context,
      @Nullable Stage2Context under,
      TranslationTable table,
      long input,
      int wanted) {
    walks++;
    stage2 = under;
    address = input;
    access = wanted;
    TlbSpace space = context.space();
    int startLevel = table.startLevel();
    int level = Granule.LAST_LEVEL;
    long cached = 0;
    if (walkCache.mayHold(space)) {
      while (level > startLevel && cached == 0) {
        cached = walkCache.lookup(space, input, level, table.levelShift(level - 1));
        level -= cached == 0 ? 1 : 0;
      }
    } else {
      walkCache.missed(level - startLevel);
      level = startLevel;
    }
    long base = cached == 0 ? table.base() : WalkCache.table(cached);
    int limits = cached == 0 ? 0 : WalkCache.limits(cached);
    // Each load has acquire semantics, after which fields would be read anew.
    int stride = table.stride();
    int shift = table.levelShift(level);
    long indexMask = level == startLevel ? table.startIndexMask() : table.indexMask();
    while (true) {
      long ipa = base + ((input >>> shift & indexMask) << 3);
      long pa = under == null ? ipa : stage2Walker.ofDescriptor(under, ipa, false);
      if (pa < 0) {
        return Translation.FAULT;
      }
      long descriptor;
      try {
        readsOfLevel[level]++;
        descriptor = memory.load64(pa);
      } catch (BusAbort abort) {
        fault.stage1WalkAbort(pa);
        return Translation.FAULT;
      }
      if (!table.isValid(descriptor, level)) {
        return fault(EventType.F_TRANSLATION);
      }
      if (TranslationTable.isLeaf(descriptor, level)) {
        if (table.isBeyondOutput(table.leafAddress(descriptor, level))) {
          return fault(EventType.F_ADDR_SIZE);
        }
        if (!isAccessible(context, descriptor)) {
          return fault(EventType.F_ACCESS);
        }
        int permissions = LeafPermissions.ofStage1(descriptor, limits, context);
        access = wanted;
        if (under != null
            && Access.isGrant(wanted)
            && !alone
            && Access.grantsAny(wanted, permissions)) {
          long second = ofOutput(under, table, level, descriptor, permissions);
          if (second == Translation.FAULT || second == 0) {
            return second;
          }
          // Nothing is marked for a permission that stage 2 does not give.
          access = Access.limited(wanted, Translation.permissions(second));
        }
        long current = touched(context, descriptor, permissions, ipa, pa);
        if (current == Translation.FAULT) {
          return Translation.FAULT;
        }
        if (current != CHANGED) {
          return leaf(context, table, level, current, permissions);
        }
      } else {
        base = table.address(descriptor);
        if (table.isBeyondOutput(base)) {
          return fault(EventType.F_ADDR_SIZE);
        }
        limits |= table.hierarchyIgnored() ? 0 : LeafPermissions.limits(descriptor);
        level++;
        walkCache.insert(space, input, level, shift, base, limits);
        shift -= stride;
        indexMask = table.indexMask();
      }
    }
  }

  /** The same without stage 2 of the output, and without an entry in the TLB. */
  long walkAlone(
      ContextDescriptor context,
      @Nullable Stage2Context under,
      TranslationTable table,
      long input,
      int wanted) {
    alone = true;
    long translation = walk(context, under, table, input, wanted);
    alone = false;
    return translation;
  }

  private static boolean isAccessible(ContextDescriptor context, long leaf) {
    return (leaf & Descriptor.AF) != 0
        || context.updatesAccessFlag()
        || context.accessFlagIgnored();
  }

  /** What stage 2 of a leaf's output would give of what stage 1 grants, which is something. */
  private long ofOutput(
      Stage2Context under, TranslationTable table, int level, long descriptor, int permissions) {
    long offset = address & ((1L << table.levelShift(level)) - 1);
    return stage2Walker.translate(
        under,
        table.leafAddress(descriptor, level) | offset,
        Access.dry(Access.ofStage2(access, permissions)),
        EventField.CLASS_IN);
  }

  /**
   * The leaf after what hardware changes in it for this access: the access flag and the dirty
   * state, of an access that is permitted (Arm ARM D8.5).
   *
   * @return the leaf, {@link #CHANGED}, or {@link Translation#FAULT}
   */
  private long touched(
      ContextDescriptor context, long descriptor, int permissions, long ipa, long pa) {
    int granted = Access.granted(Access.ofStage1(access), permissions);
    if (!context.updatesAccessFlag() || granted == 0) {
      return descriptor;
    }
    long updated = descriptor | Descriptor.AF;
    if ((permissions & Translation.STAGE1_CLEAN) != 0 && Access.isWrite(granted)) {
      updated &= ~Descriptor.AP_READ_ONLY;
    }
    if (updated == descriptor) {
      return descriptor;
    }
    if (stage2 != null && stage2Walker.ofDescriptor(stage2, ipa, true) < 0) {
      return Translation.FAULT;
    }
    try {
      return memory.compareAndSet64(pa, descriptor, updated) ? updated : CHANGED;
    } catch (BusAbort abort) {
      fault.stage1WalkAbort(pa);
      return Translation.FAULT;
    }
  }

  private long leaf(
      ContextDescriptor context,
      TranslationTable table,
      int level,
      long descriptor,
      int leafPermissions) {
    int permissions =
        (descriptor & Descriptor.AP_READ_ONLY) == 0
            ? leafPermissions & ~Translation.STAGE1_CLEAN
            : leafPermissions;
    int granted = Access.granted(Access.ofStage1(access), permissions);
    int size = table.levelShift(level);
    long output = table.leafAddress(descriptor, level);
    intermediate = output | (address & ((1L << size) - 1));
    TlbSpace space = context.spaceOf((descriptor & Descriptor.NG) == 0);
    if (stage2 != null && granted != 0 && !alone) {
      return combined(space, table, level, permissions);
    }
    boolean accessed = (descriptor & Descriptor.AF) != 0 || !context.updatesAccessFlag();
    long translation =
        Translation.of(output, size, table.granule(), level, permissions | Translation.STAGE2_ALL);
    if (stage2 == null && accessed && !alone) {
      tlb.insert(space, address, translation);
    }
    if (granted != 0) {
      return translation;
    }
    return Access.isGrant(access) ? 0 : fault(EventType.F_PERMISSION);
  }

  /** Stage 1 permits the access: stage 2 of its output. */
  private long combined(TlbSpace space, TranslationTable table, int level, int permissions) {
    Stage2Context under = stage2;
    if (under == null) {
      throw new IllegalStateException("nothing to combine with");
    }
    long target = intermediate;
    long second =
        stage2Walker.translate(
            under, target, Access.ofStage2(access, permissions), EventField.CLASS_IN);
    if (second == Translation.FAULT || second == 0) {
      return second;
    }
    int size = Math.min(table.levelShift(level), Translation.sizeLog2(second));
    int both = permissions | (Translation.permissions(second) & ~Translation.STAGE1_ALL);
    long output = Translation.output(second, target) & -(1L << size);
    long translation = Translation.of(output, size, table.granule(), level, both);
    tlb.insert(space, address, translation);
    return translation;
  }

  /** Where stage 1 of the last walk that reached a leaf leads. */
  long intermediate() {
    return intermediate;
  }

  private long fault(EventType type) {
    fault.stage1(type);
    return Translation.FAULT;
  }

  long walks() {
    return walks;
  }

  long readsOfLevel(int level) {
    return readsOfLevel[level];
  }
}

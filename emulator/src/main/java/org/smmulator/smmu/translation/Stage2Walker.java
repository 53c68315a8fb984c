package org.smmulator.smmu.translation;

import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.config.IntermediateAddresses;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.TranslationTable;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.tlb.Tlb;
import org.smmulator.smmu.tlb.TlbSpace;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;
import org.smmulator.smmu.tlb.WalkCache;

/**
 * Stage 2 (Arm ARM D8.2, D8.3; IHI 0070 3.4): from an intermediate address to a {@link
 * Translation}, out of the TLB or by a walk. Faults come in the architecture's order: at each level
 * external abort, translation, address size; at the leaf access flag, then permission.
 */
final class Stage2Walker implements IntermediateAddresses {
  /** Of a leaf that somebody changed before it could be updated: read it again. */
  private static final long CHANGED = 1;

  private final PhysicalMemory memory;
  private final Tlb tlb;
  private final WalkCache walkCache;
  private final TlbSpace noGlobals;
  private final Fault fault;
  private long walks;
  private final long[] readsOfLevel = new long[Granule.LAST_LEVEL + 1];

  // The translation under way.
  private long ipa;
  private int access;
  private int walkClass;

  /**
   * @param fault described here, and overwritten by the next one
   */
  Stage2Walker(PhysicalMemory memory, TranslationCaches caches, Fault fault) {
    this.memory = memory;
    this.tlb = caches.tlb();
    this.walkCache = caches.walkCache();
    this.noGlobals = caches.spaces().none();
    this.fault = fault;
  }

  /**
   * The translation of an intermediate address.
   *
   * @param wanted the {@link Access} to stage 2
   * @param purpose what the address is needed for, as CLASS of an event
   * @return {@link Translation#FAULT}, described in the fault, or 0 if nothing is granted
   */
  long translate(Stage2Context stage2, long address, int wanted, int purpose) {
    ipa = address;
    access = wanted;
    walkClass = purpose;
    if (!stage2.table().containsIntermediate(address)) {
      return fault(EventType.F_TRANSLATION);
    }
    long cached = tlb.lookup(stage2.space(), noGlobals, address);
    return cached == 0 || mustMarkDirty(cached) ? walk(stage2) : checked(stage2, cached);
  }

  @Override
  public long ofContext(Stage2Context stage2, long address) {
    return locate(stage2, address, Translation.STAGE2_READ, EventField.CLASS_CD);
  }

  /** Where a stage 1 descriptor is, for a read or an update of it; -1 and the fault. */
  long ofDescriptor(Stage2Context stage2, long address, boolean update) {
    int wanted = update ? Translation.STAGE2_WRITE : Translation.STAGE2_READ;
    long pa = locate(stage2, address, wanted, EventField.CLASS_TT);
    if (pa < 0 && update) {
      fault.onDescriptorWrite();
    }
    return pa;
  }

  private long locate(Stage2Context stage2, long address, int wanted, int purpose) {
    long translation = translate(stage2, address, wanted, purpose);
    return translation == Translation.FAULT ? -1 : Translation.output(translation, address);
  }

  private boolean mustMarkDirty(long translation) {
    int permissions = Translation.permissions(translation);
    return (permissions & Translation.STAGE2_CLEAN) != 0
        && (access & permissions & Translation.STAGE2_WRITE) != 0;
  }

  /** The permission check; what is needed for a walk may not lie in Device memory (S2PTW). */
  private long checked(Stage2Context stage2, long translation) {
    if (!isMisplaced(stage2, Translation.isDevice(translation))
        && Access.granted(access, Translation.permissions(translation)) != 0) {
      return translation;
    }
    return Access.isGrant(access) ? 0 : fault(EventType.F_PERMISSION);
  }

  private boolean isMisplaced(Stage2Context stage2, boolean device) {
    return device && walkClass != EventField.CLASS_IN && stage2.devicesProtected();
  }

  private long walk(Stage2Context stage2) {
    walks++;
    TranslationTable table = stage2.table();
    TlbSpace space = stage2.space();
    long input = ipa;
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
    // Locals for the reason given at the walk of stage 1.
    int stride = table.stride();
    int shift = table.levelShift(level);
    long indexMask = level == startLevel ? table.startIndexMask() : table.indexMask();
    while (true) {
      long pa = base + ((input >>> shift & indexMask) << 3);
      long descriptor;
      try {
        readsOfLevel[level]++;
        descriptor = memory.load64(pa);
      } catch (BusAbort abort) {
        return walkAborted(pa);
      }
      if (!table.isValid(descriptor, level)) {
        return fault(EventType.F_TRANSLATION);
      }
      if (TranslationTable.isLeaf(descriptor, level)) {
        long result = leaf(stage2, level, descriptor, pa);
        if (result != CHANGED) {
          return result;
        }
      } else {
        base = table.address(descriptor);
        if (table.isBeyondOutput(base)) {
          return fault(EventType.F_ADDR_SIZE);
        }
        level++;
        walkCache.insert(space, input, level, shift, base, 0);
        shift -= stride;
        indexMask = table.indexMask();
      }
    }
  }

  /** Long for the same reason as the walk of stage 1: all of it is decided by a few locals. */
  private long leaf(Stage2Context stage2, int level, long descriptor, long pa) {
    TranslationTable table = stage2.table();
    long output = table.leafAddress(descriptor, level);
    if (table.isBeyondOutput(output)) {
      return fault(EventType.F_ADDR_SIZE);
    }
    boolean accessed = (descriptor & Descriptor.AF) != 0;
    if (!accessed && !stage2.updatesAccessFlag() && !stage2.accessFlagIgnored()) {
      return fault(EventType.F_ACCESS);
    }
    int permissions = LeafPermissions.ofStage2(descriptor, stage2);
    boolean device = LeafPermissions.isDevice(descriptor, stage2);
    int granted = isMisplaced(stage2, device) ? 0 : Access.granted(access, permissions);
    long updated = descriptor;
    if (granted != 0) {
      updated |= stage2.updatesAccessFlag() ? Descriptor.AF : 0;
      if ((permissions & Translation.STAGE2_CLEAN) != 0 && Access.isWrite(granted)) {
        updated |= Descriptor.S2AP_WRITE;
        permissions &= ~Translation.STAGE2_CLEAN;
      }
    }
    boolean unmarked = updated != descriptor && Access.isDry(access);
    if (updated != descriptor && !unmarked) {
      try {
        if (!memory.compareAndSet64(pa, descriptor, updated)) {
          return CHANGED;
        }
      } catch (BusAbort abort) {
        return walkAborted(pa);
      }
    }
    long translation =
        Translation.of(
            output,
            table.levelShift(level),
            table.granule(),
            level,
            permissions | Translation.STAGE1_ALL);
    if (device) {
      translation = Translation.withDevice(translation);
    }
    if (!unmarked && (accessed || granted != 0 || !stage2.updatesAccessFlag())) {
      tlb.insert(stage2.space(), ipa, translation);
    }
    return checked(stage2, translation);
  }

  private long fault(EventType type) {
    fault.stage2(type, walkClass, ipa);
    return Translation.FAULT;
  }

  private long walkAborted(long descriptorAddress) {
    fault.stage2WalkAbort(walkClass, ipa, descriptorAddress);
    return Translation.FAULT;
  }

  @Override
  public Fault fault() {
    return fault;
  }

  long walks() {
    return walks;
  }

  long readsOfLevel(int level) {
    return readsOfLevel[level];
  }
}

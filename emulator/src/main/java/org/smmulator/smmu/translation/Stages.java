package org.smmulator.smmu.translation;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.IntermediateAddresses;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.TranslationTable;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.tlb.Tlb;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;

/**
 * From an input address to its {@link Translation}, through the stages that a configuration enables
 * (IHI 0070 3.4): out of the TLB, or by a walk.
 */
public final class Stages {
  private final Tlb tlb;
  private final Fault fault = new Fault();
  private final Stage2Walker stage2Walker;
  private final Stage1Walker stage1Walker;

  /**
   * @param tables1 memory as the stage 1 walk sees it
   * @param tables2 the same memory as the stage 2 walk sees it
   */
  public Stages(PhysicalMemory tables1, PhysicalMemory tables2, TranslationCaches caches) {
    tlb = caches.tlb();
    stage2Walker = new Stage2Walker(tables2, caches, fault);
    stage1Walker = new Stage1Walker(tables1, caches, stage2Walker, fault);
  }

  /**
   * The translation of an address.
   *
   * @param access the {@link Access} that is wanted
   * @return {@link Translation#FAULT}, described in {@link #fault}, or 0 if nothing is granted
   */
  public long translate(Configuration configuration, long address, int access) {
    ContextDescriptor context = configuration.context();
    if (context == null) {
      return translateIntermediate(configuration.stage2(), address, access);
    }
    TranslationTable table = context.half(address);
    if (!isInput(table, address, access)) {
      return fault(EventType.F_TRANSLATION);
    }
    long cached = tlb.lookup(context.space(), context.globals(), address);
    if (cached != 0) {
      int permissions = Translation.permissions(cached);
      if (Access.isPermitted(access, permissions)) {
        return cached;
      }
      if (Access.isGrant(access) && !Access.mustMarkDirty(access, permissions)) {
        return Access.grantsNothing(access, permissions) ? 0 : cached;
      }
      if (Access.granted(Access.ofStage1(access), permissions) == 0) {
        return fault(EventType.F_PERMISSION);
      }
      // Stage 2 refuses, and knows the address; or a descriptor must be marked dirty.
    }
    // EPD forbids the walk, not the use of what an earlier walk left in the TLB.
    return table.disabled()
        ? fault(EventType.F_TRANSLATION)
        : stage1Walker.walk(context, configuration.stage2(), table, address, access);
  }

  /**
   * The translation by stage 1 and, for permissions and size, by stage 2; where stage 1 leads is in
   * {@link #intermediate}. For split-stage ATS: the TLB knows only where both stages lead.
   */
  public long translateSplit(
      ContextDescriptor context, @Nullable Stage2Context stage2, long address, int access) {
    TranslationTable table = context.half(address);
    return !isInput(table, address, access) || table.disabled()
        ? fault(EventType.F_TRANSLATION)
        : stage1Walker.walk(context, stage2, table, address, access);
  }

  /**
   * The translation by stage 1 alone, with stage 2 under its tables; neither looked up in the TLB
   * nor kept there.
   */
  public long translateStage1(
      ContextDescriptor context, @Nullable Stage2Context stage2, long address, int access) {
    TranslationTable table = context.half(address);
    return !isInput(table, address, access) || table.disabled()
        ? fault(EventType.F_TRANSLATION)
        : stage1Walker.walkAlone(context, stage2, table, address, access);
  }

  /** Stage 2 alone; an input beyond the intermediate address size is a fault of stage 1. */
  public long translateIntermediate(@Nullable Stage2Context stage2, long address, int access) {
    if (stage2 == null) {
      throw new IllegalStateException("a configuration translates without a stage");
    }
    return stage2.isBeyondIntermediate(address)
        ? fault(EventType.F_ADDR_SIZE)
        : stage2Walker.translate(stage2, address, Access.ofStage2(access), EventField.CLASS_IN);
  }

  private static boolean isInput(TranslationTable table, long address, int access) {
    return table.contains(address)
        && !(table.unprivilegedRefused() && Access.isUnprivileged(access));
  }

  private long fault(EventType type) {
    fault.stage1(type);
    return Translation.FAULT;
  }

  /** Why the last translation faulted. */
  public Fault fault() {
    return fault;
  }

  /** Where stage 1 of the last split translation leads. */
  public long intermediate() {
    return stage1Walker.intermediate();
  }

  /** Stage 2 for the fetch of context descriptors. */
  public IntermediateAddresses intermediateAddresses() {
    return stage2Walker;
  }

  /** Table walks begun, of both stages. */
  public long walks() {
    return stage1Walker.walks() + stage2Walker.walks();
  }

  /** Descriptors read, of both stages. */
  public long descriptorReads() {
    return readsOfLevel(0) + readsOfLevel(1) + readsOfLevel(2) + readsOfLevel(3);
  }

  /** Of these, those of tables of a level, of both stages. */
  public long readsOfLevel(int level) {
    return stage1Walker.readsOfLevel(level) + stage2Walker.readsOfLevel(level);
  }
}

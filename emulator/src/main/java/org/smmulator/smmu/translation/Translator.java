package org.smmulator.smmu.translation;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.Transaction;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.Translation;

/** What becomes of an untranslated transaction (IHI 0070 3.3 and 3.4, 7.3). */
public final class Translator {
  private final Registers registers;
  private final Configurations configurations;
  private final Stage1 stage1;
  private final EventRecorder events;
  private final int outputBits;
  private long translations;

  public Translator(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      Stage1 stage1,
      EventRecorder events) {
    this.registers = registers;
    this.configurations = configurations;
    this.stage1 = stage1;
    this.events = events;
    this.outputBits = features.outputAddressBits();
  }

  /** The recipe: global bypass, configuration, translation, permission. */
  public void translate(Transaction tx) {
    if (!registers.smmuEnabled()) {
      bypassGlobally(tx);
      return;
    }
    Configuration configuration = configurations.find(tx.streamId(), tx.substreamId());
    switch (configuration.action()) {
      case ABORT -> tx.terminated(false);
      case FAULT -> faultConfiguration(tx, configuration);
      case BYPASS -> bypass(tx);
      case TRANSLATE -> translate(tx, configuration.context());
    }
  }

  private void translate(Transaction tx, @Nullable ContextDescriptor context) {
    if (context == null) {
      throw new IllegalStateException("a configuration translates without a context");
    }
    long translation = stage1.translate(context, tx.address());
    if (Translation.isFault(translation)) {
      fault(tx, context, Translation.faultType(translation), translation);
    } else if (!permits(translation, tx)) {
      fault(tx, context, EventType.F_PERMISSION, translation);
    } else {
      translations++;
      tx.translated(Translation.output(translation, tx.address()));
    }
  }

  private static boolean permits(long translation, Transaction tx) {
    return (Translation.permissions(translation, tx.privileged())
            & Permissions.needed(tx.write(), tx.execute()))
        != 0;
  }

  /** CD.A and CD.R govern translation faults, but no external abort. */
  private void fault(Transaction tx, ContextDescriptor context, EventType type, long translation) {
    if (type == EventType.F_WALK_EABT) {
      events.record(type, tx, Translation.fetchAddress(translation));
      tx.faulted(type, false);
    } else if (context.records()) {
      events.record(type, tx);
      tx.faulted(type, !context.aborts());
    } else {
      tx.terminated(!context.aborts());
    }
  }

  private void faultConfiguration(Transaction tx, Configuration configuration) {
    EventType type = configuration.faultType();
    if (type == EventType.C_BAD_STREAMID && !registers.recordsBadStreamIds()) {
      tx.terminated(false);
    } else {
      events.record(type, tx, configuration.fetchAddress());
      tx.faulted(type, false);
    }
  }

  /** Stage 1 is bypassed for this stream. */
  private void bypass(Transaction tx) {
    if (tx.address() >>> outputBits != 0) {
      events.record(EventType.F_ADDR_SIZE, tx);
      tx.faulted(EventType.F_ADDR_SIZE, false);
    } else {
      translations++;
      tx.translated(tx.address());
    }
  }

  /** SMMUEN is 0: GBPA decides, and nothing is recorded. */
  private void bypassGlobally(Transaction tx) {
    if (Gbpa.ABORT.isSet(registers.get(SmmuRegister.GBPA)) || tx.address() >>> outputBits != 0) {
      tx.terminated(false);
    } else {
      translations++;
      tx.translated(tx.address());
    }
  }

  public long translations() {
    return translations;
  }
}

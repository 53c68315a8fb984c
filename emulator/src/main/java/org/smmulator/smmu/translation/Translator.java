package org.smmulator.smmu.translation;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.Translation;

/** What becomes of an untranslated transaction (IHI 0070 3.3 and 3.4). */
public final class Translator {
  private final Registers registers;
  private final Configurations configurations;
  private final Stages stages;
  private final FaultHandling faults;
  private final Fault bypassFault = new Fault().stage1(EventType.F_ADDR_SIZE);
  private final int outputBits;
  private long translations;

  public Translator(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      Stages stages,
      FaultHandling faults) {
    this.registers = registers;
    this.configurations = configurations;
    this.stages = stages;
    this.faults = faults;
    this.outputBits = features.outputAddressBits();
  }

  /** The recipe: global bypass, configuration, translation, and what a fault leads to. */
  public void translate(Transaction tx) {
    if (!registers.smmuEnabled()) {
      bypassGlobally(tx);
      return;
    }
    Configuration configuration = configurations.find(tx.streamId(), tx.substreamId());
    StreamTableEntry stream = configuration.stream();
    if (stream != null) {
      stream.override(tx);
    }
    switch (configuration.action()) {
      case ABORT -> tx.terminated(false);
      case FAULT -> faults.handle(tx, configuration, configuration.requireFault());
      case BYPASS -> bypass(tx, configuration);
      case TRANSLATE -> {
        int access = Access.of(tx.write(), tx.effectivePrivileged(), tx.effectiveExecute());
        finish(tx, configuration, stages.translate(configuration, tx.address(), access));
      }
    }
  }

  /**
   * Stage 2 of an address that the endpoint got from split-stage ATS. The stream's overrides count
   * for it (13.7).
   */
  public void translateIntermediate(
      Transaction tx, StreamTableEntry stream, Configuration configuration) {
    stream.override(tx);
    int access = Access.of(tx.write(), tx.effectivePrivileged(), tx.effectiveExecute());
    finish(
        tx,
        configuration,
        stages.translateIntermediate(configuration.stage2(), tx.address(), access));
  }

  private void finish(Transaction tx, Configuration configuration, long translation) {
    if (translation == Translation.FAULT) {
      faults.handle(tx, configuration, stages.fault());
    } else {
      translations++;
      tx.translated(Translation.output(translation, tx.address()));
    }
  }

  /** No stage translates this stream. */
  private void bypass(Transaction tx, Configuration configuration) {
    if (tx.address() >>> outputBits != 0) {
      faults.handle(tx, configuration, bypassFault);
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

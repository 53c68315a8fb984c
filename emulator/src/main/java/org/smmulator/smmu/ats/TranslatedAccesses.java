package org.smmulator.smmu.ats;

import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.translation.Translator;

/**
 * Transactions that an endpoint translated by itself (IHI 0070 3.9.1.3). Their address is physical;
 * all that is checked is whether the stream may do that; with split-stage ATS it is intermediate,
 * and stage 2 translates it. Their PASID, if any, is ignored.
 */
public final class TranslatedAccesses {
  private final Registers registers;
  private final Configurations configurations;
  private final EventRecorder events;
  private final int outputBits;
  private final Translator translator;
  private final Transaction withoutPasid = new Transaction();

  public TranslatedAccesses(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      Translator translator,
      EventRecorder events) {
    this.registers = registers;
    this.configurations = configurations;
    this.translator = translator;
    this.events = events;
    this.outputBits = features.outputAddressBits();
  }

  /** Lets a transaction pass, or stops it. */
  public void check(Transaction tx) {
    if (!registers.smmuEnabled()) {
      forbid(tx);
    } else if (registers.checksTranslatedAccesses()) {
      checkStream(tx);
    } else {
      pass(tx);
    }
  }

  private void checkStream(Transaction tx) {
    Configuration configuration = configurations.findStream(tx.streamId());
    StreamTableEntry stream = configuration.stream();
    if (stream == null || !stream.legal()) {
      refuse(tx, configuration);
    } else if (stream.isAbort()) {
      tx.terminated(false);
    } else if (stream.fullAts()) {
      pass(tx);
    } else if (stream.splitAts()) {
      translateIntermediate(tx, stream, configuration);
    } else {
      forbid(tx);
    }
  }

  /** The endpoint knows what stage 1 gave; the rest is an ordinary translation by stage 2. */
  private void translateIntermediate(
      Transaction tx, StreamTableEntry stream, Configuration configuration) {
    withoutPasid.request(
        tx.streamId(), Transaction.NO_SUBSTREAM, tx.address(), tx.write(), false, false);
    translator.translateIntermediate(withoutPasid, stream, configuration);
    tx.copyOutcome(withoutPasid);
  }

  private void pass(Transaction tx) {
    if (tx.address() >>> outputBits != 0) {
      tx.terminated(false);
    } else {
      tx.translated(tx.address());
    }
  }

  private void forbid(Transaction tx) {
    events.record(EventType.F_TRANSL_FORBIDDEN, tx);
    tx.faulted(EventType.F_TRANSL_FORBIDDEN, false);
  }

  /** A configuration error; here even a bad StreamID depends on REC_CFG_ATS alone. */
  private void refuse(Transaction tx, Configuration configuration) {
    if (registers.recordsAtsConfigurationErrors()) {
      withoutPasid.request(
          tx.streamId(), Transaction.NO_SUBSTREAM, tx.address(), tx.write(), false, false);
      StreamTableEntry stream = configuration.stream();
      Fault fault = configuration.requireFault();
      events.record(fault, withoutPasid, stream != null && stream.mergesEvents());
      tx.faulted(fault.type(), false);
    } else {
      tx.terminated(false);
    }
  }
}

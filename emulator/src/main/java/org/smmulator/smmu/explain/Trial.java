package org.smmulator.smmu.explain;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.smmu.ats.TranslatedAccesses;
import org.smmulator.smmu.ats.TranslationRequests;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.fault.EventRecorder;
import org.smmulator.smmu.fault.EventSink;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.translation.FaultHandling;
import org.smmulator.smmu.translation.Translator;

/**
 * One translation through a {@link UncachedTranslation}, with the event record that it would leave.
 */
final class Trial {
  private static final int ONE_UNIT = 1;

  final UncachedTranslation uncached;
  final Transaction tx = new Transaction();
  final AtsAnswer answer = new AtsAnswer();

  /** The record, or null if there would be none. */
  long @Nullable [] event;

  /** What the structures say, or null while the SMMU is disabled. */
  @Nullable Configuration configuration;

  private final SmmuFeatures features;
  private final Registers registers;
  private final EventRecorder events;
  private final Translator translator;

  Trial(SmmuFeatures features, Registers registers, PhysicalMemory memory) {
    this.features = features;
    this.registers = registers;
    uncached = new UncachedTranslation(features, registers, memory, false);
    events = new EventRecorder(features, new Capture());
    FaultHandling faults = new FaultHandling(features, registers, events, this::stall);
    translator =
        new Translator(features, registers, uncached.configurations, uncached.stages, faults);
  }

  void run(Question question) {
    tx.request(
        question.streamId(),
        question.substreamId(),
        question.address(),
        question.write(),
        question.privileged(),
        question.execute());
    switch (question.kind()) {
      case UNTRANSLATED -> translator.translate(tx);
      case TRANSLATED -> {
        new TranslatedAccesses(features, registers, uncached.configurations, translator, events)
            .check(tx);
        // Stage 2 sees it as data, without privilege.
        tx.treatAs(false, false);
      }
      case TRANSLATION_REQUEST ->
          new TranslationRequests(
                  features, registers, uncached.configurations, uncached.stages, events)
              .answer(tx, ONE_UNIT, answer);
    }
    if (registers.smmuEnabled()) {
      // Cached by now, unless it is a fault; that is then found out once more.
      int reads = uncached.log.reads().size();
      configuration =
          question.kind() == Question.Kind.TRANSLATED
              ? uncached.configurations.findStream(question.streamId())
              : uncached.configurations.find(question.streamId(), question.substreamId());
      uncached.log.truncate(reads);
    }
  }

  /** Why the translation faulted, if it did. */
  Fault fault() {
    Configuration found = configuration;
    return found != null && found.action() == Configuration.Action.FAULT
        ? found.requireFault()
        : uncached.stages.fault();
  }

  private boolean stall(Transaction stalled, Fault fault) {
    events.recordStall(fault, stalled, 0);
    stalled.stalled(fault.type(), 0);
    return true;
  }

  private final class Capture implements EventSink {
    @Override
    public void write(long[] record, boolean mergeable) {
      event = record.clone();
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public boolean writeStall(long[] record) {
      event = record.clone();
      return true;
    }
  }
}

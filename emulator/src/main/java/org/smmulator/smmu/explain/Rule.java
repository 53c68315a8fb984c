package org.smmulator.smmu.explain;

import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;

/** The rule that decided a translation, as a sentence. */
final class Rule {
  /** R and W of an entry. */
  private static final int ENTRY_PERMISSIONS = 3;

  private static final String BEYOND_OUTPUT = "the address is beyond IDR5.OAS: aborted";

  private final SmmuFeatures features;
  private final Registers registers;
  private final Trial trial;
  private final WalkLines walk;
  private final Question question;

  Rule(SmmuFeatures features, Registers registers, Trial trial, WalkLines walk, Question question) {
    this.question = question;
    this.features = features;
    this.registers = registers;
    this.trial = trial;
    this.walk = walk;
  }

  String sentence() {
    Configuration configuration = trial.configuration;
    if (configuration == null) {
      return disabled();
    }
    return switch (question.kind()) {
      case UNTRANSLATED -> untranslated(configuration);
      case TRANSLATED -> translated(configuration);
      case TRANSLATION_REQUEST -> request(configuration);
    };
  }

  private String disabled() {
    return switch (question.kind()) {
      case TRANSLATED -> "CR0.SMMUEN is 0: translated transactions are forbidden";
      case TRANSLATION_REQUEST -> "CR0.SMMUEN is 0: translation requests are denied";
      case UNTRANSLATED ->
          isTranslated() || LookupRule.everythingAborts(registers)
              ? LookupRule.disabled(registers)
              : BEYOND_OUTPUT;
    };
  }

  private boolean isTranslated() {
    return trial.tx.outcome() == Transaction.Outcome.TRANSLATED;
  }

  private String untranslated(Configuration configuration) {
    return switch (configuration.action()) {
      case ABORT -> aborts();
      case FAULT -> configurationFault(configuration);
      case BYPASS ->
          isTranslated()
              ? "no stage translates: STE.Config or S1DSS says bypass"
              : "bypass: " + faultOf(configuration, new Fault().stage1(EventType.F_ADDR_SIZE));
      case TRANSLATE ->
          isTranslated()
              ? "every stage that is enabled permits the access"
              : faultOf(configuration, trial.fault());
    };
  }

  private static String aborts() {
    return "STE.Config is 0b0xx: everything is refused, without an event";
  }

  private String faultOf(Configuration configuration, Fault fault) {
    FaultRule rule = new FaultRule(configuration, walk, trial.tx);
    return rule.describe(fault) + ". " + rule.consequence(fault);
  }

  private String translated(Configuration configuration) {
    StreamTableEntry stream = configuration.stream();
    if (!registers.checksTranslatedAccesses()) {
      return isTranslated()
          ? "CR0.ATSCHK is 0: translated transactions pass unchecked"
          : BEYOND_OUTPUT;
    }
    if (stream == null || !stream.legal()) {
      return configurationFault(configuration) + atsRecord();
    }
    if (stream.isAbort()) {
      return aborts();
    }
    if (stream.fullAts()) {
      return isTranslated()
          ? "STE.EATS is 0b01: translated transactions of the stream pass"
          : BEYOND_OUTPUT;
    }
    if (!stream.splitAts()) {
      return noAts(stream);
    }
    return "STE.EATS is 0b10: the address is intermediate. "
        + (isTranslated() ? "Stage 2 permits it" : faultOf(configuration, trial.fault()));
  }

  private String request(Configuration configuration) {
    StreamTableEntry stream = configuration.stream();
    if (stream == null || !stream.legal()) {
      return configurationFault(configuration) + atsRecord();
    }
    if (stream.isAbort()) {
      return aborts();
    }
    if (!stream.fullAts() && !stream.splitAts()) {
      return noAts(stream);
    }
    if (stream.splitAts() && !registers.checksTranslatedAccesses()) {
      return "STE.EATS is 0b10 (split-stage ATS), which needs CR0.ATSCHK to be 1";
    }
    if (trial.answer.status() != AtsAnswer.Status.SUCCESS) {
      return (configuration.action() == Configuration.Action.FAULT
              ? configurationFault(configuration)
              : describe(configuration, trial.fault()))
          + atsRecord();
    }
    if ((trial.answer.entry(0) & ENTRY_PERMISSIONS) != 0) {
      return "what every enabled stage permits of the request is granted";
    }
    return (trial.fault().happened()
            ? describe(configuration, trial.fault())
            : new FaultRule(configuration, walk, trial.tx).nothingGranted(stream.readsAreFetches()))
        + ". The answer is a Success without permissions, and no event";
  }

  private String describe(Configuration configuration, Fault fault) {
    return new FaultRule(configuration, walk, trial.tx).describe(fault);
  }

  private String atsRecord() {
    return registers.recordsAtsConfigurationErrors() ? "" : ". CR2.REC_CFG_ATS is 0: no event";
  }

  private String noAts(StreamTableEntry stream) {
    if (!features.has(Feature.ATS)) {
      return "IDR0.ATS is 0";
    }
    return stream.translates()
        ? "STE.EATS is 0b00, which denies ATS"
        : "STE.Config is 0b100 (bypass), which denies ATS";
  }

  private String configurationFault(Configuration configuration) {
    Fault fault = configuration.requireFault();
    String found = LookupRule.of(configuration);
    if (found == null) {
      return question.kind() == Question.Kind.TRANSLATION_REQUEST
          ? describe(configuration, fault)
          : faultOf(configuration, fault);
    }
    return fault.type() == EventType.C_BAD_STREAMID && !registers.recordsBadStreamIds()
        ? found + ". CR2.RECINVSID is 0: no event"
        : found;
  }
}

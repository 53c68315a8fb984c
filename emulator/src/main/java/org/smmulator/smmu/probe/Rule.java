package org.smmulator.smmu.probe;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.event.EventField;
import org.smmulator.smmu.Transaction;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.Stage2Context;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.fault.Fault;

/** The rule that decided a translation, as a sentence. */
final class Rule {
  private Rule() {}

  /** The sentence, or null where the result says all. */
  static @Nullable String of(Trial trial, Question question) {
    Configuration configuration = trial.configuration;
    if (configuration == null) {
      return null;
    }
    if (configuration.action() == Configuration.Action.FAULT) {
      return configurationFault(configuration);
    }
    StreamTableEntry stream = configuration.stream();
    if (configuration.action() == Configuration.Action.ABORT) {
      return "STE.Config is 0b0xx: every transaction is aborted, without an event";
    }
    if (question.kind() != Question.Kind.UNTRANSLATED && stream != null) {
      String ats = atsRule(stream);
      if (ats != null) {
        return ats;
      }
    }
    if (question.kind() == Question.Kind.UNTRANSLATED
        && trial.tx.event() == null
        && trial.tx.outcome() == Transaction.Outcome.TRANSLATED) {
      return configuration.action() == Configuration.Action.BYPASS
          ? "no stage translates: STE.Config or S1DSS says bypass"
          : "every stage that is enabled permits the access";
    }
    if (question.kind() == Question.Kind.UNTRANSLATED) {
      return translationFault(trial.fault()) + ". " + consequence(configuration, trial.fault());
    }
    return null;
  }

  private static String configurationFault(Configuration configuration) {
    Fault fault = configuration.requireFault();
    StreamTableEntry stream = configuration.stream();
    return switch (fault.type()) {
      case C_BAD_STREAMID ->
          "no STE can be reached: the StreamID is beyond the table, or its L1STD does not span it";
      case F_STE_FETCH -> "the fetch of the STE or of its L1STD aborts";
      case C_BAD_STE -> "the STE is ILLEGAL: " + (stream == null ? "unknown" : stream.illegality());
      case C_BAD_SUBSTREAMID ->
          "the PASID names no context: none is in use, it is beyond S1CDMax, or its L1CD is not"
              + " valid";
      case F_STREAM_DISABLED -> "S1DSS gives transactions of this kind no context";
      case F_CD_FETCH -> "the fetch of the CD or of its L1CD aborts";
      case C_BAD_CD -> {
        ContextDescriptor context = configuration.context();
        yield "the CD is ILLEGAL: " + (context == null ? "unknown" : context.illegality());
      }
      default ->
          "on the way to the CD: "
              + translationFault(fault)
              + ". "
              + consequence(configuration, fault);
    };
  }

  private static @Nullable String atsRule(StreamTableEntry stream) {
    if (!stream.translates()) {
      return "STE.Config is 0b100 (bypass), which denies ATS";
    }
    return stream.fullAts() || stream.splitAts() ? null : "STE.EATS denies ATS";
  }

  private static String translationFault(Fault fault) {
    String stage = fault.stage2() ? "stage 2" : "stage 1";
    String purpose =
        !fault.stage2()
            ? ""
            : switch (fault.walkClass()) {
              case EventField.CLASS_CD -> " for the fetch of the CD";
              case EventField.CLASS_TT ->
                  fault.descriptorWrite()
                      ? " for the update of a stage 1 descriptor"
                      : " for the fetch of a stage 1 descriptor";
              default -> " for the input";
            };
    return stage
        + purpose
        + switch (fault.type()) {
          case F_WALK_EABT -> ": the read of a descriptor aborts";
          case F_TRANSLATION ->
              ": the address is outside of the table, the half is disabled (EPD), or the last"
                  + " descriptor is invalid";
          case F_ADDR_SIZE -> ": an address is larger than the effective output size";
          case F_ACCESS -> ": the access flag is 0, and hardware does not set it";
          case F_PERMISSION -> ": the leaf or a table above it does not permit the access";
          default -> ": " + fault.type();
        };
  }

  /** What the fault bits make of a fault. */
  private static String consequence(Configuration configuration, Fault fault) {
    ContextDescriptor context = configuration.context();
    Stage2Context stage2 = configuration.stage2();
    if (!fault.isTranslationRelated()) {
      return "Always aborted and recorded";
    }
    if (fault.stage2() && stage2 != null) {
      return String.format("STE.S2R=%d S2S=%d", bit(stage2.records()), bit(stage2.stalls()));
    }
    return context == null
        ? "Always aborted and recorded"
        : String.format(
            "CD.A=%d R=%d S=%d",
            bit(context.aborts()), bit(context.records()), bit(context.stalls()));
  }

  private static int bit(boolean value) {
    return value ? 1 : 0;
  }
}

package org.smmulator.smmu.explain;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.ContextDescriptor;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.register.Registers;

/** Why there is no STE or CD to go by, as a sentence. */
final class LookupRule {
  private LookupRule() {}

  /** Whether the SMMU, while it is disabled, lets nothing pass. */
  static boolean everythingAborts(Registers registers) {
    return Gbpa.ABORT.isSet(registers.get(SmmuRegister.GBPA));
  }

  /** What a disabled SMMU does, which looks nothing up. */
  static String disabled(Registers registers) {
    return everythingAborts(registers)
        ? "CR0.SMMUEN is 0 and GBPA.ABORT is 1: every transaction is aborted, without an event"
        : "CR0.SMMUEN is 0 and GBPA.ABORT is 0: every transaction passes";
  }

  /** Why the lookup faulted; null if stage 2 did, on the way to the CD. */
  static @Nullable String of(Configuration configuration) {
    return switch (configuration.requireFault().type()) {
      case C_BAD_STREAMID ->
          "the StreamID has no STE: it is beyond the table, or its L1STD does not span it";
      case F_STE_FETCH -> "the fetch of the STE or of its L1STD aborts";
      case C_BAD_STE -> "the STE is ILLEGAL: " + illegality(configuration.stream());
      case C_BAD_SUBSTREAMID ->
          "the PASID has no CD: the stream takes none, it is beyond S1CDMax, or its L1CD is not"
              + " valid";
      case F_STREAM_DISABLED ->
          "STE.S1DSS: transactions without a PASID, or with PASID 0, have no CD here";
      case F_CD_FETCH -> "the fetch of the CD or of its L1CD aborts";
      case C_BAD_CD -> "the CD is ILLEGAL: " + illegality(configuration.context());
      default -> null;
    };
  }

  private static @Nullable String illegality(@Nullable StreamTableEntry stream) {
    return stream == null ? null : stream.illegality();
  }

  private static @Nullable String illegality(@Nullable ContextDescriptor context) {
    return context == null ? null : context.illegality();
  }
}

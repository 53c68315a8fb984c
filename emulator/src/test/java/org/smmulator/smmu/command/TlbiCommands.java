package org.smmulator.smmu.command;

import java.util.Objects;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TranslationCaches;

/** Executes TLBI commands given as two words, on one of a few SMMUs. */
final class TlbiCommands {
  static final int FEATURE_SETS = 4;

  private final SmmuFeatures features;
  private final Registers registers;
  private final TlbInvalidations invalidations;

  TlbiCommands(SmmuFeatures features, TranslationCaches caches) {
    this.features = features;
    registers = new Registers(features, new SilentOutputs());
    invalidations = new TlbInvalidations(features, registers, caches);
  }

  /** 0 everything; 1 no range invalidation, 8-bit ASIDs and VMIDs; 2 stage 1; 3 stage 2. */
  static SmmuFeatures features(int set) {
    SmmuFeatures all = SmmuFeatures.defaults().change(b -> b.architecture(Architecture.V3_0));
    Feature[] nested = {Feature.HYP, Feature.SPLIT_ATS};
    return switch (set) {
      case 0 -> SmmuFeatures.defaults();
      case 1 -> all.without(Feature.RIL, Feature.ASID16, Feature.VMID16);
      case 2 ->
          all.without(nested)
              .without(Feature.S2P, Feature.VMW, Feature.VMID16, Feature.XNX, Feature.FWB);
      default ->
          all.change(b -> b.substreamIdBits(0))
              .without(nested)
              .without(Feature.S1P, Feature.ASID16, Feature.CD2L, Feature.HAD, Feature.E0PD);
    };
  }

  /** CR0.VMW [8:6] and CR2.E2H [0]. */
  void control(int vmw, boolean e2h) {
    registers.publish(SmmuRegister.CR0, (long) vmw << 6);
    registers.publish(SmmuRegister.CR2, e2h ? 1 : 0);
  }

  CommandResult execute(long word0, long word1) {
    Command command = new Command();
    command.set(word0, word1);
    CommandOpcode opcode = Objects.requireNonNull(command.opcode());
    return SupportedCommands.of(features).contains(opcode)
        ? invalidations.execute(opcode, command)
        : CommandResult.ILLEGAL;
  }

  boolean hasStage2() {
    return features.has(Feature.S2P);
  }

  boolean hasRil() {
    return features.has(Feature.RIL);
  }

  boolean exists(int opcode) {
    return switch (opcode >> 3) {
      case 0x10 >> 3 -> features.has(Feature.S1P);
      case 0x20 >> 3 -> features.has(Feature.HYP);
      case 0x28 >> 3 -> features.has(Feature.S2P);
      default -> true;
    };
  }

  int vmid(int named) {
    return hasStage2() ? named & (features.has(Feature.VMID16) ? 0xffff : 0xff) : 0;
  }

  int asid(int named) {
    return features.has(Feature.ASID16) ? named : named & 0xff;
  }
}

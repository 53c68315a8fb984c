package org.smmulator.smmu.command;

import java.util.EnumSet;
import java.util.Set;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;

/** The commands that are legal on an SMMU of given features (IHI 0070 4.1.2). */
final class SupportedCommands {
  private SupportedCommands() {}

  static Set<CommandOpcode> of(SmmuFeatures features) {
    EnumSet<CommandOpcode> supported = EnumSet.allOf(CommandOpcode.class);
    supported.removeIf(opcode -> !has(features, opcode.needs()));
    return supported;
  }

  private static boolean has(SmmuFeatures features, CommandOpcode.Needs needs) {
    return switch (needs) {
      case NOTHING -> true;
      case STAGE_1 -> features.has(Feature.S1P);
      case STAGE_2 -> features.has(Feature.S2P);
      case EL2 -> features.has(Feature.HYP);
      case ATS -> features.has(Feature.ATS);
      case PRI -> features.has(Feature.PRI);
      case STALLS -> features.stallModel() != StallModel.TERMINATE_ONLY;
    };
  }
}

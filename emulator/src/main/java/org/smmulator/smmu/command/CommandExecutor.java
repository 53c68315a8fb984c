package org.smmulator.smmu.command;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.fault.StalledTransactions;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AccessesUnderWay;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.register.QueueInterrupts;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TranslationCaches;

/**
 * What each command of the Non-secure queue does (IHI 0070 4). Everything but an ATC invalidation
 * is complete when this returns. A command is illegal if its opcode names none, if a feature it
 * needs is absent, if it is for a Secure stream, or if a field has a reserved value; bits outside
 * of all fields are ignored.
 */
public final class CommandExecutor {
  private final Set<CommandOpcode> supported;
  private final boolean sendsEvents;
  private final ConfigurationCommands configuration;
  private final TlbInvalidations tlb;
  private final EndpointCommands endpoints;
  private final StalledTransactions stalled;
  private final QueueInterrupts interrupts;
  private final SmmuOutputs outputs;

  /** By opcode. */
  private final long[] consumed = new long[256];

  public CommandExecutor(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      TranslationCaches caches,
      AtcInvalidations invalidations,
      AccessesUnderWay accesses,
      StalledTransactions stalled,
      QueueInterrupts interrupts,
      SmmuOutputs outputs) {
    this.supported = SupportedCommands.of(features);
    this.sendsEvents = features.has(Feature.SEV);
    this.configuration = new ConfigurationCommands(configurations);
    this.tlb = new TlbInvalidations(features, registers, caches);
    this.endpoints = new EndpointCommands(features, registers, invalidations, accesses, outputs);
    this.stalled = stalled;
    this.interrupts = interrupts;
    this.outputs = outputs;
  }

  /** Executes one command, or says why not. */
  public CommandResult execute(Command command) {
    CommandOpcode opcode = command.opcode();
    if (opcode == null || !supported.contains(opcode) || isSecure(opcode, command)) {
      return CommandResult.ILLEGAL;
    }
    return switch (opcode) {
      // Hints; this SMMU fetches nothing before it is needed.
      case PREFETCH_CONFIG, PREFETCH_ADDR -> CommandResult.DONE;
      case CFGI_STE -> configuration.invalidateStream(command);
      case CFGI_STE_RANGE -> configuration.invalidateStreamRange(command);
      case CFGI_CD -> configuration.invalidateContext(command);
      case CFGI_CD_ALL -> configuration.invalidateContexts(command);
      case TLBI_NH_ALL,
          TLBI_NH_ASID,
          TLBI_NH_VA,
          TLBI_NH_VAA,
          TLBI_EL2_ALL,
          TLBI_EL2_ASID,
          TLBI_EL2_VA,
          TLBI_EL2_VAA,
          TLBI_S12_VMALL,
          TLBI_S2_IPA,
          TLBI_NSNH_ALL ->
          tlb.execute(opcode, command);
      case ATC_INV -> endpoints.invalidateAtc(command);
      case PRI_RESP -> endpoints.respond(command);
      case RESUME -> resume(command);
      case STALL_TERM -> terminate(command);
      case SYNC -> endpoints.synchronize(command);
    };
  }

  /** Secure streams have a queue of their own; there is none here. */
  private static boolean isSecure(CommandOpcode opcode, Command command) {
    return opcode.namesSecurity() && command.isSet(CommandField.SSEC);
  }

  private CommandResult resume(Command command) {
    stalled.resume(
        command.streamId(),
        command.getInt(CommandField.STAG),
        command.isSet(CommandField.AC),
        command.isSet(CommandField.AB));
    return CommandResult.DONE;
  }

  private CommandResult terminate(Command command) {
    stalled.terminate(command.streamId());
    return CommandResult.DONE;
  }

  /** The command is consumed, and software can see that: signals that a CMD_SYNC asked for. */
  public void consumed(Command command) {
    CommandOpcode opcode = command.opcode();
    if (opcode == null) {
      throw new IllegalStateException("a command without opcode was executed");
    }
    consumed[opcode.code()]++;
    if (opcode == CommandOpcode.SYNC) {
      signal(command);
    }
  }

  private void signal(Command command) {
    int cs = command.getInt(CommandField.CS);
    if (cs == CommandField.CS_IRQ) {
      interrupts.commandSync(command.msiAddress(), command.getInt(CommandField.MSI_DATA));
    } else if (cs == CommandField.CS_SEV && sendsEvents) {
      outputs.sendEvent();
    }
  }

  /** Commands consumed so far, by opcode. */
  public Map<CommandOpcode, Long> counts() {
    Map<CommandOpcode, Long> counts = new EnumMap<>(CommandOpcode.class);
    for (CommandOpcode opcode : CommandOpcode.values()) {
      if (consumed[opcode.code()] != 0) {
        counts.put(opcode, consumed[opcode.code()]);
      }
    }
    return counts;
  }
}

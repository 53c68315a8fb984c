package org.smmulator.smmu.command;

import java.util.EnumMap;
import java.util.Map;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.SmmuOutputs;
import org.smmulator.smmu.ats.AtcInvalidations;
import org.smmulator.smmu.config.Configurations;
import org.smmulator.smmu.register.Interrupts;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TranslationCaches;

/**
 * What each command does (IHI 0070 4). Everything but an ATC invalidation is complete when this
 * returns. Reserved fields are ignored, except that a range or level hint (IDR3.RIL = 0) is
 * illegal: ignoring one would invalidate less than was asked for.
 */
public final class CommandExecutor {
  /** Range of CFGI_STE_RANGE that makes it CFGI_ALL. */
  private static final int RANGE_ALL = 31;

  private static final int CS_RESERVED = 3;
  private static final long PAGE_BYTES = 4096;

  private final SmmuFeatures features;
  private final Registers registers;
  private final Configurations configurations;
  private final TranslationCaches caches;
  private final AtcInvalidations invalidations;
  private final Interrupts interrupts;
  private final SmmuOutputs outputs;

  /** By opcode. */
  private final long[] consumed = new long[256];

  public CommandExecutor(
      SmmuFeatures features,
      Registers registers,
      Configurations configurations,
      TranslationCaches caches,
      AtcInvalidations invalidations,
      Interrupts interrupts,
      SmmuOutputs outputs) {
    this.features = features;
    this.registers = registers;
    this.configurations = configurations;
    this.caches = caches;
    this.invalidations = invalidations;
    this.interrupts = interrupts;
    this.outputs = outputs;
  }

  /** Executes one command, or says why not. */
  public CommandResult execute(Command command) {
    CommandOpcode opcode = command.opcode();
    if (opcode == null) {
      return CommandResult.ILLEGAL;
    }
    return switch (opcode) {
      case PREFETCH_CONFIG, PREFETCH_ADDR -> prefetch(command);
      case CFGI_STE -> invalidateStream(command);
      case CFGI_STE_RANGE -> invalidateStreamRange(command);
      case CFGI_CD -> invalidateContext(command);
      case CFGI_CD_ALL -> invalidateContexts(command);
      case TLBI_NH_ALL -> invalidateStage1();
      case TLBI_NH_ASID -> invalidateAsid(command);
      case TLBI_NH_VA -> invalidateVa(command);
      case TLBI_NH_VAA -> invalidateVaa(command);
      case TLBI_NSNH_ALL -> invalidateNonSecure();
      case ATC_INV -> invalidateAtc(command);
      case PRI_RESP -> respond(command);
      case SYNC -> synchronize(command);
      // No EL2, no stage 2, no stalls.
      case TLBI_EL2_ALL, TLBI_EL2_ASID, TLBI_EL2_VA, TLBI_EL2_VAA -> CommandResult.ILLEGAL;
      case TLBI_S12_VMALL, TLBI_S2_IPA -> CommandResult.ILLEGAL;
      case RESUME, STALL_TERM -> CommandResult.ILLEGAL;
    };
  }

  /** The command is consumed, and software can see that: signals that a CMD_SYNC asked for. */
  public void consumed(Command command) {
    CommandOpcode opcode = command.opcode();
    if (opcode == null) {
      throw new IllegalStateException("a command without opcode was executed");
    }
    consumed[opcode.code()]++;
    if (opcode == CommandOpcode.SYNC && command.getInt(CommandField.CS) == CommandField.CS_IRQ) {
      interrupts.commandSync(command.msiAddress(), command.getInt(CommandField.MSI_DATA));
    }
  }

  /** A hint; this SMMU fetches nothing before it is needed. */
  private static CommandResult prefetch(Command command) {
    return isSecure(command) ? CommandResult.ILLEGAL : CommandResult.DONE;
  }

  private CommandResult invalidateStream(Command command) {
    if (isSecure(command)) {
      return CommandResult.ILLEGAL;
    }
    configurations.invalidateStreams(command.streamId(), 0);
    return CommandResult.DONE;
  }

  private CommandResult invalidateStreamRange(Command command) {
    if (isSecure(command)) {
      return CommandResult.ILLEGAL;
    }
    int range = command.getInt(CommandField.RANGE);
    if (range == RANGE_ALL) {
      configurations.invalidateAll();
    } else {
      configurations.invalidateStreams(command.streamId(), range + 1);
    }
    return CommandResult.DONE;
  }

  private CommandResult invalidateContext(Command command) {
    if (isSecure(command)) {
      return CommandResult.ILLEGAL;
    }
    configurations.invalidateContext(command.streamId(), command.getInt(CommandField.SUBSTREAM_ID));
    return CommandResult.DONE;
  }

  private CommandResult invalidateContexts(Command command) {
    if (isSecure(command)) {
      return CommandResult.ILLEGAL;
    }
    configurations.invalidateContexts(command.streamId());
    return CommandResult.DONE;
  }

  private CommandResult invalidateStage1() {
    caches.nhAll();
    return CommandResult.DONE;
  }

  private CommandResult invalidateAsid(Command command) {
    caches.nhAsid(command.getInt(CommandField.ASID));
    return CommandResult.DONE;
  }

  private CommandResult invalidateVa(Command command) {
    if (hasRange(command)) {
      return CommandResult.ILLEGAL;
    }
    caches.nhVa(
        command.getInt(CommandField.ASID), command.address(), command.isSet(CommandField.LEAF));
    return CommandResult.DONE;
  }

  private CommandResult invalidateVaa(Command command) {
    if (hasRange(command)) {
      return CommandResult.ILLEGAL;
    }
    caches.nhVaa(command.address(), command.isSet(CommandField.LEAF));
    return CommandResult.DONE;
  }

  private CommandResult invalidateNonSecure() {
    caches.nsnhAll();
    return CommandResult.DONE;
  }

  private CommandResult invalidateAtc(Command command) {
    int size = command.getInt(CommandField.SIZE);
    if (!features.ats() || size > CommandField.SIZE_ALL) {
      return CommandResult.ILLEGAL;
    }
    if (registers.smmuEnabled()) {
      boolean hasSubstream = command.isSet(CommandField.SSV);
      boolean everything = size == CommandField.SIZE_ALL;
      invalidations.send(
          command.streamId(),
          command.substreamId(),
          everything ? 0 : command.address() & (-PAGE_BYTES << size),
          size,
          hasSubstream && command.isSet(CommandField.GLOBAL));
    }
    return CommandResult.DONE;
  }

  private CommandResult respond(Command command) {
    PageResponseCode code = PageResponseCode.of(command.getInt(CommandField.PRI_RESP));
    if (!features.pri() || code == null) {
      return CommandResult.ILLEGAL;
    }
    if (registers.smmuEnabled()) {
      outputs.pageResponse(
          command.streamId(),
          command.substreamId(),
          command.getInt(CommandField.PRG_INDEX),
          code.busCode());
    }
    return CommandResult.DONE;
  }

  private CommandResult synchronize(Command command) {
    if (command.getInt(CommandField.CS) == CS_RESERVED) {
      return CommandResult.ILLEGAL;
    }
    if (invalidations.areOutstanding()) {
      return CommandResult.WAITING;
    }
    return invalidations.takeTimeout() ? CommandResult.ABORTED : CommandResult.DONE;
  }

  private static boolean isSecure(Command command) {
    return command.isSet(CommandField.SSEC);
  }

  private static boolean hasRange(Command command) {
    return command.isSet(CommandField.TG);
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

package org.smmulator.smmu.command;

import org.smmulator.arch.command.CommandField;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AccessesUnderWay;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;
import org.smmulator.smmu.register.Registers;

/**
 * CMD_ATC_INV, CMD_PRI_RESP and the CMD_SYNC that waits for the former (IHI 0070 4.5 to 4.7). While
 * SMMUEN is 0 messages to endpoints are consumed and not sent, but an illegal one is illegal even
 * then.
 */
final class EndpointCommands {
  private static final long PAGE_BYTES = 4096;
  private static final int CS_RESERVED = 3;

  private final SmmuFeatures features;
  private final Registers registers;
  private final AtcInvalidations invalidations;
  private final AccessesUnderWay accesses;
  private final SmmuOutputs outputs;

  EndpointCommands(
      SmmuFeatures features,
      Registers registers,
      AtcInvalidations invalidations,
      AccessesUnderWay accesses,
      SmmuOutputs outputs) {
    this.features = features;
    this.registers = registers;
    this.invalidations = invalidations;
    this.accesses = accesses;
    this.outputs = outputs;
  }

  CommandResult invalidateAtc(Command command) {
    int size = command.getInt(CommandField.SIZE);
    if (size > CommandField.SIZE_ALL) {
      return CommandResult.ILLEGAL;
    }
    if (registers.smmuEnabled()) {
      int substreamId = substreamId(command);
      boolean everything = size == CommandField.SIZE_ALL;
      invalidations.send(
          command.streamId(),
          substreamId,
          everything ? 0 : command.address() & (-PAGE_BYTES << size),
          size,
          substreamId != Transaction.NO_SUBSTREAM && command.isSet(CommandField.GLOBAL));
    }
    return CommandResult.DONE;
  }

  CommandResult respond(Command command) {
    PriResponse code = PriResponse.of(command.getInt(CommandField.RESP));
    if (code == null) {
      return CommandResult.ILLEGAL;
    }
    if (registers.smmuEnabled()) {
      outputs.pageResponse(
          command.streamId(),
          substreamId(command),
          command.getInt(CommandField.PRG_INDEX),
          code.busCode());
    }
    return CommandResult.DONE;
  }

  /** The PASID that goes to the endpoint; an SMMU without substreams sends none. */
  private int substreamId(Command command) {
    return features.substreamIdBits() == 0 ? Transaction.NO_SUBSTREAM : command.substreamId();
  }

  /**
   * What a CMD_SYNC comes to: all invalidations before it must be done, and none in vain, and all
   * accesses over that they may concern.
   */
  CommandResult synchronize(Command command) {
    if (command.getInt(CommandField.CS) == CS_RESERVED) {
      return CommandResult.ILLEGAL;
    }
    if (invalidations.areOutstanding() || !accesses.areOverForSync()) {
      return CommandResult.WAITING;
    }
    return invalidations.takeTimeout() ? CommandResult.ABORTED : CommandResult.DONE;
  }
}

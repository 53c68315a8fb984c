package org.smmulator.smmu.command;

import org.smmulator.arch.command.CommandField;
import org.smmulator.smmu.config.Configurations;

/** The CFGI commands (IHI 0070 4.3). They drop configuration, and nothing of the TLB. */
final class ConfigurationCommands {
  /** Range of CFGI_STE_RANGE that makes it CFGI_ALL. */
  private static final int RANGE_ALL = 31;

  private final Configurations configurations;

  ConfigurationCommands(Configurations configurations) {
    this.configurations = configurations;
  }

  CommandResult invalidateStream(Command command) {
    configurations.invalidateStream(command.streamId(), command.isSet(CommandField.LEAF));
    return CommandResult.DONE;
  }

  CommandResult invalidateStreamRange(Command command) {
    int range = command.getInt(CommandField.RANGE);
    if (range == RANGE_ALL) {
      configurations.invalidateAll();
    } else {
      configurations.invalidateStreams(command.streamId(), range + 1);
    }
    return CommandResult.DONE;
  }

  CommandResult invalidateContext(Command command) {
    configurations.invalidateContext(
        command.streamId(),
        command.getInt(CommandField.SUBSTREAM_ID),
        command.isSet(CommandField.LEAF));
    return CommandResult.DONE;
  }

  CommandResult invalidateContexts(Command command) {
    configurations.invalidateContexts(command.streamId());
    return CommandResult.DONE;
  }
}

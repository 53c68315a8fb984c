package org.smmulator.machine;

import org.smmulator.execution.Loop;
import org.smmulator.smmu.Smmu;

/**
 * Gives the SMMU's command queue its turns on the hardware's thread: each command is a step of its
 * own, and after so many of them the devices get theirs.
 */
final class CommandTurns {
  private final Loop loop;
  private final Smmu smmu;
  private final int commandsPerTurn;
  private boolean scheduled;

  CommandTurns(Loop loop, Smmu smmu, int commandsPerTurn) {
    this.loop = loop;
    this.smmu = smmu;
    this.commandsPerTurn = commandsPerTurn;
  }

  /** On the hardware's thread: there may be commands. */
  void workAvailable() {
    if (!scheduled) {
      scheduled = true;
      loop.execute(this::turn);
    }
  }

  private void turn() {
    scheduled = false;
    for (int i = 0; i < commandsPerTurn && smmu.hasWork(); i++) {
      smmu.step();
    }
    if (smmu.hasWork()) {
      workAvailable();
    }
  }
}

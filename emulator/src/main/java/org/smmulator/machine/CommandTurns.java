package org.smmulator.machine;

import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Loop;
import org.smmulator.pcie.Injection;
import org.smmulator.pcie.InjectionPoint;
import org.smmulator.smmu.Smmu;

/**
 * Gives the SMMU's command queue its turns on the hardware's thread: each command is a step of its
 * own, and after so many of them the devices get theirs.
 */
final class CommandTurns {
  private static final int NONE = -1;

  private final Loop loop;
  private final Smmu smmu;
  private final int commandsPerTurn;
  private final InjectionPoint injections = new InjectionPoint();
  private boolean scheduled;

  /** The command that has passed the injections, while there are any. */
  private int passed = NONE;

  CommandTurns(Loop loop, Smmu smmu, int commandsPerTurn) {
    this.loop = loop;
    this.smmu = smmu;
    this.commandsPerTurn = commandsPerTurn;
  }

  /** What commands pass when their turn comes. */
  InjectionPoint injections() {
    return injections;
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
      Injection injected = pass();
      if (injected != null) {
        switch (injected.kind()) {
          case DROP -> smmu.skipCommand();
          case DUPLICATE -> smmu.repeatCommand();
          case DELAY -> {
            scheduled = true;
            loop.schedule(this::turn, injected.nanos());
            return;
          }
        }
      }
      smmu.step();
    }
    if (smmu.hasWork()) {
      workAvailable();
    }
  }

  /** Once for each command: a CMD_SYNC that waits is looked at again and again. */
  private @Nullable Injection pass() {
    if (!injections.isPlanned()) {
      passed = NONE;
      return null;
    }
    if (smmu.commandIndex() == passed) {
      return null;
    }
    passed = smmu.commandIndex();
    return injections.pass(InjectionPoint.ANY);
  }
}

package org.smmulator.smmu.queue;

/**
 * The order in which invalidations between two CMD_SYNCs take effect, which the architecture leaves
 * to the implementation (IHI 0070 4.8): software that needs one puts a CMD_SYNC in between.
 */
@FunctionalInterface
public interface CommandOrder {
  /** Most commands that are looked at. */
  int WINDOW = 8;

  /** Each command when its turn comes. */
  CommandOrder IN_TURN = commands -> 0;

  /**
   * Chooses a command to execute.
   *
   * @param commands that wait, the one whose turn it is among them; 1 to {@link #WINDOW}
   * @return 0 for the one whose turn it is, or how far behind it the chosen one stands
   */
  int choose(int commands);
}

package org.smmulator.smmu.command;

/** What the execution of a command came to. */
public enum CommandResult {
  /** Consumed. */
  DONE,
  /** CERROR_ILL: the command is not one, or not on this SMMU. */
  ILLEGAL,
  /** CERROR_ATC_INV_SYNC: an ATC invalidation before this CMD_SYNC timed out. */
  ABORTED,
  /** A CMD_SYNC that cannot complete yet. */
  WAITING
}

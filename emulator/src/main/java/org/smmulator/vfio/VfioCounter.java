package org.smmulator.vfio;

/** What is counted of all sessions. */
public enum VfioCounter {
  /** Clients that got their function. */
  CLIENTS,
  /** Clients that were turned away: another one has the function, or too many wait. */
  CLIENTS_REFUSED,
  /** Clients that had a function and have left it, or were cut off. */
  CLIENTS_GONE,
  /** Commands of all kinds, those refused included. */
  COMMANDS,
  /** Commands answered with an error. */
  COMMANDS_REFUSED,
  /** What is no message: a size that cannot be, an unknown type, a reply to nothing. */
  MALFORMED,
  /** Functions reset, by command or because their client has gone. */
  RESETS,
  /** Writes into a client's address space, such as interrupts. */
  DMA_WRITES,
  /** Of those, the ones that the client refused. */
  DMA_WRITES_REFUSED
}

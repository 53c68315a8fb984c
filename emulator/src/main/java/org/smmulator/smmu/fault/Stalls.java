package org.smmulator.smmu.fault;

import org.smmulator.smmu.port.Transaction;

/** Where transactions wait that a fault has stalled. */
@FunctionalInterface
public interface Stalls {
  /**
   * Takes a transaction that is to stall, and gives it a ticket.
   *
   * @return false if there is no room for it; it has to be terminated
   */
  boolean stall(Transaction tx, Fault fault);
}

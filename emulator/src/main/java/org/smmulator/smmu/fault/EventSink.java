package org.smmulator.smmu.fault;

/** Where event records go. The array of a record is reused by the caller. */
public interface EventSink {
  /**
   * One record of 32 bytes; lost if there is no room.
   *
   * @param mergeable whether it may become one with a record that differs in the offset within a
   *     page alone (STE.MEV)
   */
  void write(long[] record, boolean mergeable);

  /** Whether a record would be written now. */
  boolean isWritable();

  /** One record of a stalled transaction; false if it cannot be written now. */
  boolean writeStall(long[] record);
}

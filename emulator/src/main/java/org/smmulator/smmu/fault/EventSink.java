package org.smmulator.smmu.fault;

/** Where event records go. */
public interface EventSink {
  /** One record of 32 bytes; the array is reused by the caller. */
  void write(long[] record);
}

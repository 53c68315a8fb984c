package org.smmulator.smmu.config;

import org.smmulator.smmu.fault.Fault;

/** Stage 2, as the fetch of a context descriptor needs it. */
public interface IntermediateAddresses {
  /**
   * The physical address behind an IPA that a context descriptor or its level 1 descriptor is read
   * from; -1 with the fault in {@link #fault}.
   */
  long ofContext(Stage2Context stage2, long ipa);

  /** The last fault; overwritten by the next one. */
  Fault fault();
}

package org.smmulator.smmu.port;

/**
 * What the SMMU tells the rest of the machine. Called on the hardware's thread, in the middle of an
 * SMMU step: an implementation may call {@code Smmu.atcInvalidationDone} at once and nothing else
 * of the SMMU.
 */
public interface SmmuOutputs {
  /** One rising edge on a wired interrupt line. */
  void pulse(SmmuInterrupt line);

  /**
   * An ATS Invalidate Request for an endpoint; answered by exactly one {@code
   * Smmu.atcInvalidationDone}.
   *
   * @param substreamId the PASID, or -1 for a request without PASID
   * @param address first byte of the range, aligned to its size
   * @param pagesLog2 log2 of the range in pages of 4 KiB; 52 is the whole address space
   * @param global all PASIDs; only with a PASID
   */
  void atcInvalidate(int streamId, int substreamId, long address, int pagesLog2, boolean global);

  /**
   * A PRG Response for an endpoint.
   *
   * @param substreamId the PASID, or -1 for a response without PASID
   * @param busCode response code as PCIe encodes it: 0 success, 1 invalid request, 15 failure
   */
  void pageResponse(int streamId, int substreamId, int prgIndex, int busCode);

  /**
   * A transaction that had stalled is decided: it goes on, or it is terminated. An implementation
   * may perform it at once, and translate others.
   *
   * @param tx the SMMU's own copy, with the {@link Transaction#ticket} and the outcome; valid
   *     during the call
   */
  void transactionResumed(Transaction tx);

  /**
   * A command is about to take effect, or, for a CMD_SYNC, is complete. One that turns out to be
   * refused is told too, each time it is. For those who tell the story.
   *
   * @param index its place in the queue, wrap bit included
   */
  default void command(int index, long word0, long word1) {}

  /**
   * A page request is about to be written to the PRI queue. For those who tell the story.
   *
   * @param index where, wrap bit included
   */
  default void pageRequestQueued(int index) {}

  /**
   * An event record was written; valid during the call. For those who tell the story.
   *
   * @param record its four words
   */
  default void eventRecorded(long[] record) {}

  /** The event that CPUs wait for with WFE: a CMD_SYNC with CS = SEV is complete. */
  void sendEvent();

  /** {@code Smmu.hasWork} may have become true. */
  void workAvailable();

  /** A register that software polls has a new value, already visible to {@code readRegister}. */
  void registersChanged();
}

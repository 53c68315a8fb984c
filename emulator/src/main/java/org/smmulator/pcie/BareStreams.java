package org.smmulator.pcie;

/**
 * Who stands for streams without a device, such as a harness that injects transactions. Called as
 * {@code SmmuOutputs} is.
 */
public interface BareStreams {
  /** As {@code SmmuOutputs.atcInvalidate}. */
  void atcInvalidate(int streamId, int substreamId, long address, int pagesLog2, boolean global);

  /** As {@code SmmuOutputs.pageResponse}. */
  void pageResponse(int streamId, int substreamId, int prgIndex, int busCode);
}

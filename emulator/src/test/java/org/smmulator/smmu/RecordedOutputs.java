package org.smmulator.smmu;

import java.util.ArrayList;
import java.util.List;

/** What the SMMU told its surroundings, in order. */
final class RecordedOutputs implements SmmuOutputs {
  /** An Invalidate Request. */
  record AtcInvalidation(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {}

  /** A PRG Response. */
  record PageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}

  final List<SmmuInterrupt> pulses = new ArrayList<>();
  final List<AtcInvalidation> invalidations = new ArrayList<>();
  final List<PageResponse> responses = new ArrayList<>();
  int workAvailable;
  int registersChanged;

  @Override
  public void pulse(SmmuInterrupt line) {
    pulses.add(line);
  }

  @Override
  public void atcInvalidate(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    invalidations.add(new AtcInvalidation(streamId, substreamId, address, pagesLog2, global));
  }

  @Override
  public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {
    responses.add(new PageResponse(streamId, substreamId, prgIndex, busCode));
  }

  @Override
  public void workAvailable() {
    workAvailable++;
  }

  @Override
  public void registersChanged() {
    registersChanged++;
  }
}

package org.smmulator.smmu;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;

/** What the SMMU told its surroundings, in order. */
class RecordedOutputs implements SmmuOutputs {
  /** An Invalidate Request. */
  record AtcInvalidation(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {}

  /** A PRG Response. */
  record PageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}

  /** A transaction that had stalled. */
  record Resumed(long ticket, Transaction.Outcome outcome, boolean razWi, long pa) {}

  final List<SmmuInterrupt> pulses = new ArrayList<>();
  final List<AtcInvalidation> invalidations = new ArrayList<>();
  final List<PageResponse> responses = new ArrayList<>();
  final List<Resumed> resumed = new ArrayList<>();
  int workAvailable;
  int sentEvents;
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
  public void transactionResumed(Transaction tx) {
    resumed.add(new Resumed(tx.ticket(), tx.outcome(), tx.isRazWi(), tx.pa()));
  }

  @Override
  public void sendEvent() {
    sentEvents++;
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

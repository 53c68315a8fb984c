package org.smmulator.smmu;

import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.port.Transaction;

/** Surroundings that take what an SMMU tells them and answer nothing; for subclasses to listen. */
public class SilentOutputs implements SmmuOutputs {
  @Override
  public void pulse(SmmuInterrupt line) {}

  @Override
  public void atcInvalidate(
      int streamId, int substreamId, long address, int pagesLog2, boolean global) {}

  @Override
  public void pageResponse(int streamId, int substreamId, int prgIndex, int busCode) {}

  @Override
  public void transactionResumed(Transaction tx) {}

  @Override
  public void sendEvent() {}

  @Override
  public void workAvailable() {}

  @Override
  public void registersChanged() {}
}

package org.smmulator.smmu.command;

import org.smmulator.smmu.port.SmmuOutputs;

/**
 * ATC invalidations under way (IHI 0070 3.9.1.4). A CMD_SYNC waits until there are none; one that
 * timed out makes the next CMD_SYNC fail, and that one only.
 */
public final class AtcInvalidations {
  private final SmmuOutputs outputs;
  private int outstanding;
  private boolean timedOut;

  public AtcInvalidations(SmmuOutputs outputs) {
    this.outputs = outputs;
  }

  /** Sends one to its endpoint. */
  public void send(int streamId, int substreamId, long address, int pagesLog2, boolean global) {
    outstanding++;
    outputs.atcInvalidate(streamId, substreamId, address, pagesLog2, global);
  }

  /** One is complete, or given up. */
  public void done(boolean inVain) {
    if (outstanding == 0) {
      throw new IllegalStateException("an ATC invalidation is done that was not under way");
    }
    outstanding--;
    timedOut |= inVain;
    if (outstanding == 0) {
      outputs.workAvailable();
    }
  }

  /** Power-on: a time-out before it is nobody's any more. Endpoints were given up already. */
  public void reset() {
    timedOut = false;
  }

  public boolean areOutstanding() {
    return outstanding != 0;
  }

  /** Whether one timed out since this was last asked. */
  public boolean takeTimeout() {
    boolean taken = timedOut;
    timedOut = false;
    return taken;
  }
}

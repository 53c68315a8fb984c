package org.smmulator.smmu.config;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.SmmuFeatures;

/**
 * A snapshot of one stream table entry (IHI 0070 5.2), valid or not, with the SMMU's verdict on it.
 *
 * @param legal whether it may be used; otherwise C_BAD_STE
 * @param config CONFIG: what is done to the stream
 * @param contextPointer S1ContextPtr: the context descriptor or the table of them
 * @param contextsLog2 S1CDMax: log2 of the substreams; 0 for none
 * @param contextFormat S1Fmt
 * @param defaultSubstream S1DSS: what becomes of transactions without a substream
 * @param fullAts whether EATS grants ATS
 * @param pasidInAutomaticResponses PPAR
 */
public record StreamTableEntry(
    boolean legal,
    int config,
    long contextPointer,
    int contextsLog2,
    int contextFormat,
    int defaultSubstream,
    boolean fullAts,
    boolean pasidInAutomaticResponses) {

  /** Reads the entry at {@code pa}, its first word first. */
  static StreamTableEntry read(PhysicalMemory memory, long pa, SmmuFeatures features)
      throws BusAbort {
    long word0 = memory.load64(pa);
    long word1 = memory.load64(pa + 8);
    int substreamsLog2 = features.substreamIdBits() == 0 ? 0 : Ste.S1CDMAX.getInt(word0);
    return new StreamTableEntry(
        isLegal(word0, word1, features),
        Ste.CONFIG.getInt(word0),
        Ste.S1CONTEXTPTR.inPlace(word0),
        substreamsLog2,
        Ste.S1FMT.getInt(word0),
        Ste.S1DSS.getInt(word1),
        Ste.EATS.getInt(word1) == Ste.EATS_FULL && features.ats(),
        Ste.PPAR.isSet(word1));
  }

  /**
   * The conditions of IHI 0070 5.2.1 that can arise without stage 2, stalls, EL2 and Secure state,
   * in the architecture's order.
   */
  private static boolean isLegal(long word0, long word1, SmmuFeatures features) {
    if (!Ste.V.isSet(word0)) {
      return false;
    }
    int config = Ste.CONFIG.getInt(word0);
    if ((config & Ste.CONFIG_BYPASS) == 0 || config == Ste.CONFIG_BYPASS) {
      return true;
    }
    boolean stage2 = config == Ste.CONFIG_STAGE2 || config == Ste.CONFIG_NESTED;
    boolean splitStageAts = features.ats() && Ste.EATS.getInt(word1) == 2;
    boolean stallDisable = Ste.S1STALLD.isSet(word1);
    boolean tooManySubstreams =
        features.substreamIdBits() != 0 && Ste.S1CDMAX.getInt(word0) > features.substreamIdBits();
    boolean pointerBeyondOas =
        Ste.S1CONTEXTPTR.inPlace(word0) >>> features.outputAddressBits() != 0;
    return !(stage2 || splitStageAts || stallDisable || tooManySubstreams || pointerBeyondOas);
  }

  /** CONFIG 0xx: every transaction is terminated without an event. */
  public boolean isAbort() {
    return (config & Ste.CONFIG_BYPASS) == 0;
  }

  public boolean translates() {
    return config == Ste.CONFIG_STAGE1;
  }

  public boolean hasSubstreams() {
    return contextsLog2 != 0;
  }
}

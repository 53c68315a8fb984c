package org.smmulator.smmu.config;

import org.smmulator.arch.BitField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Cd;
import org.smmulator.smmu.SmmuFeatures;

/**
 * A snapshot of one context descriptor (IHI 0070 5.4), valid or not, with the SMMU's verdict on it.
 *
 * @param legal whether it may be used; otherwise C_BAD_CD
 * @param alternateAsidSet ASET: which global translations belong to this context
 * @param aborts A: a translation fault aborts the transaction, otherwise it is RAZ/WI
 * @param records R: a translation fault is recorded
 * @param accessFlagIgnored AFFD
 * @param writeExecuteNever WXN
 * @param privilegedAccessNever PAN
 * @param outputBits effective IPS
 */
public record ContextDescriptor(
    boolean legal,
    int asid,
    boolean alternateAsidSet,
    boolean aborts,
    boolean records,
    boolean accessFlagIgnored,
    boolean writeExecuteNever,
    boolean privilegedAccessNever,
    int outputBits,
    TableHalf lower,
    TableHalf upper) {
  private static final int MIN_TXSZ = 16;
  private static final int MAX_TXSZ = 39;
  private static final int TG0_4K = 0;
  private static final int TG1_4K = 2;

  /** Reads the descriptor at {@code pa}, its first word first. */
  static ContextDescriptor read(PhysicalMemory memory, long pa, SmmuFeatures features)
      throws BusAbort {
    long word0 = memory.load64(pa);
    long word1 = memory.load64(pa + 8);
    long word2 = memory.load64(pa + 16);
    int outputBits = Math.min(addressBits(Cd.IPS.getInt(word0)), features.outputAddressBits());
    boolean lower = !Cd.EPD0.isSet(word0);
    boolean upper = !Cd.EPD1.isSet(word0);
    boolean legal =
        isLegal(word0)
            && (!lower || isHalfLegal(Cd.T0SZ.getInt(word0), ttb0(word1), outputBits))
            && (!lower || Cd.TG0.getInt(word0) == TG0_4K)
            && (!upper || isHalfLegal(Cd.T1SZ.getInt(word0), ttb1(word2), outputBits))
            && (!upper || Cd.TG1.getInt(word0) == TG1_4K);
    return new ContextDescriptor(
        legal,
        Cd.ASID.getInt(word0),
        Cd.ASET.isSet(word0),
        Cd.A.isSet(word0),
        Cd.R.isSet(word0),
        Cd.AFFD.isSet(word0),
        Cd.WXN.isSet(word0),
        Cd.PAN.isSet(word0),
        outputBits,
        half(legal && lower, word0, Cd.T0SZ, Cd.TBI0, Cd.HAD0.isSet(word1), ttb0(word1)),
        half(legal && upper, word0, Cd.T1SZ, Cd.TBI1, Cd.HAD1.isSet(word2), ttb1(word2)));
  }

  /** The half of the address space that an address lies in. */
  public TableHalf half(long address) {
    return TableHalf.isUpper(address) ? upper : lower;
  }

  private static TableHalf half(
      boolean enabled, long word0, BitField txsz, BitField tbi, boolean had, long ttb) {
    return enabled
        ? TableHalf.enabled(64 - txsz.getInt(word0), tbi.isSet(word0), had, ttb)
        : TableHalf.disabled(tbi.isSet(word0));
  }

  /**
   * The conditions of IHI 0070 5.4.1 on the whole descriptor that can arise with AArch64 tables,
   * little-endian tables, 16-bit ASIDs, terminate-only faults and no hardware flag updates.
   */
  private static boolean isLegal(long word0) {
    boolean bigEndian = Cd.ENDI.isSet(word0) && !(Cd.EPD0.isSet(word0) && Cd.EPD1.isSet(word0));
    return Cd.V.isSet(word0)
        && Cd.AA64.isSet(word0)
        && !Cd.S.isSet(word0)
        && !Cd.HA.isSet(word0)
        && !Cd.HD.isSet(word0)
        && !bigEndian;
  }

  private static boolean isHalfLegal(int txsz, long ttb, int outputBits) {
    return txsz >= MIN_TXSZ && txsz <= MAX_TXSZ && ttb >>> outputBits == 0;
  }

  private static long ttb0(long word1) {
    return Cd.TTB0.inPlace(word1);
  }

  private static long ttb1(long word2) {
    return Cd.TTB1.inPlace(word2);
  }

  private static int addressBits(int code) {
    return switch (code) {
      case 0 -> 32;
      case 1 -> 36;
      case 2 -> 40;
      case 3 -> 42;
      case 4 -> 44;
      case 5 -> 48;
      default -> 52;
    };
  }
}

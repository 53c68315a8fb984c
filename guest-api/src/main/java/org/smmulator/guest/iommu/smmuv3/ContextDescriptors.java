package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.structure.Cd;

/** The context descriptors that the driver installs (IHI 0070 5.4). */
final class ContextDescriptors {
  /** Attribute 0, the one that all descriptors use, is normal write-back memory. */
  private static final long MAIR = 0xff;

  /** 48 bits of address. */
  private static final int T0SZ = 16;

  private static final int WRITE_BACK_ALLOCATE = 1;
  private static final int INNER_SHAREABLE = 3;

  private final TableMemory memory;
  private final int outputAddressSize;

  ContextDescriptors(TableMemory memory, int outputAddressSize) {
    this.memory = memory;
    this.outputAddressSize = outputAddressSize;
  }

  /** Walks a table of 4 levels with the 4 KiB granule in the lower half; the upper is disabled. */
  EntryWriter translating(long tableRoot, int asid) {
    return new EntryWriter(memory)
        .set(Cd.T0SZ, T0SZ)
        .set(Cd.IR0, WRITE_BACK_ALLOCATE)
        .set(Cd.OR0, WRITE_BACK_ALLOCATE)
        .set(Cd.SH0, INNER_SHAREABLE)
        .set(Cd.EPD1, 1)
        .set(Cd.V, 1)
        .set(Cd.IPS, outputAddressSize)
        .set(Cd.AA64, 1)
        .set(Cd.R, 1)
        .set(Cd.A, 1)
        .set(Cd.ASET, 1)
        .set(Cd.ASID, asid)
        .setInPlace(Cd.TTB0, tableRoot)
        .set(Cd.MAIR, MAIR);
  }

  /** As {@link #translating}, with faults that stall if they may. */
  EntryWriter shared(long tableRoot, int asid, boolean stalls) {
    return translating(tableRoot, asid).set(Cd.S, stalls ? 1 : 0);
  }

  /**
   * The first word of a descriptor that aborts every access without a record. Disabled walks do not
   * keep an access from hitting the TLB, so the ASID has to be one that no table is cached under.
   */
  static long quietWord(long translatingWord, int quietAsid) {
    long silent = Cd.S.set(Cd.R.set(translatingWord, 0), 0);
    return Cd.ASID.set(Cd.EPD0.set(silent, 1), quietAsid);
  }

  static boolean isValid(long word0) {
    return Cd.V.isSet(word0);
  }

  static boolean isQuiet(long word0) {
    return isValid(word0) && Cd.EPD0.isSet(word0);
  }
}

package org.smmulator.guest.iommu.smmuv3;

import java.util.function.IntToLongFunction;

/** What software has put into memory for its streams, by walks with bit numbers of their own. */
public final class StreamTables {
  private static final int STRTAB_BASE = 0x80;
  private static final int STRTAB_BASE_CFG = 0x88;

  private final FakeRam ram;
  private final IntToLongFunction registers;

  StreamTables(FakeRam ram, IntToLongFunction registers) {
    this.ram = ram;
    this.registers = registers;
  }

  /** Physical address of a stream's entry; 0 if there is none. */
  private long steAddress(int streamId) {
    long base = registers.applyAsLong(STRTAB_BASE) & 0xf_ffff_ffff_ffc0L;
    if (registers.applyAsLong(STRTAB_BASE_CFG) >>> 16 == 0) {
      return base + streamId * 64L;
    }
    long level1 = ram.peek(base + (streamId >>> 8) * 8L);
    return (level1 & 0x1f) == 9 ? (level1 & 0xf_ffff_ffff_ffc0L) + (streamId & 0xff) * 64L : 0;
  }

  public long steWord(int streamId, int word) {
    return ram.peek(steAddress(streamId) + 8L * word);
  }

  /** Physical address of a context descriptor of a stream with 2-level tables; 0 if none. */
  private long cdAddress(int streamId, int substreamId) {
    long level1 =
        ram.peek((steWord(streamId, 0) & 0xf_ffff_ffff_ffc0L) + (substreamId >>> 10) * 8L);
    return (level1 & 1) == 0 ? 0 : (level1 & 0xf_ffff_ffff_f000L) + (substreamId & 0x3ff) * 64L;
  }

  long cdWord(int streamId, int substreamId, int word) {
    return ram.peek(cdAddress(streamId, substreamId) + 8L * word);
  }

  /** The level 3 descriptor of an address in the table of a stream's domain; 0 if none. */
  public long domainPage(int streamId, long iova) {
    long table = cdWord(streamId, 0, 1);
    for (int shift : new int[] {39, 30, 21}) {
      long entry = ram.peek(table + (iova >>> shift & 0x1ff) * 8);
      if ((entry & 3) != 3) {
        return 0;
      }
      table = entry & 0xffff_ffff_f000L;
    }
    return ram.peek(table + (iova >>> 12 & 0x1ff) * 8);
  }
}

package org.smmulator.guest.pci;

import java.util.Map;
import java.util.TreeMap;

/** Naturally aligned pieces of one window of PCIe memory space. Its owner's lock guards it. */
final class BarAllocator {
  private final long start;
  private final long end;

  /** Address of each piece in use to the address after it. */
  private final TreeMap<Long, Long> used = new TreeMap<>();

  BarAllocator(long start, long bytes) {
    this.start = start;
    this.end = start + bytes;
  }

  /**
   * @param bytes a power of two
   */
  long allocate(long bytes) {
    long candidate = alignUp(start, bytes);
    for (Map.Entry<Long, Long> piece : used.entrySet()) {
      if (candidate + bytes <= piece.getKey()) {
        break;
      }
      candidate = Math.max(candidate, alignUp(piece.getValue(), bytes));
    }
    if (candidate + bytes > end) {
      throw new IllegalStateException(
          String.format("no room for a BAR of 0x%x bytes in [0x%x, 0x%x)", bytes, start, end));
    }
    used.put(candidate, candidate + bytes);
    return candidate;
  }

  void free(long address) {
    used.remove(address);
  }

  private static long alignUp(long address, long bytes) {
    return (address + bytes - 1) & -bytes;
  }
}

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
   * Takes a piece.
   *
   * @param bytes a power of two
   * @return its address, or -1 if there is no room
   */
  long allocate(long bytes) {
    long candidate = alignUp(start, bytes);
    for (Map.Entry<Long, Long> piece : used.entrySet()) {
      if (candidate + bytes <= piece.getKey()) {
        break;
      }
      candidate = Math.max(candidate, alignUp(piece.getValue(), bytes));
    }
    if (bytes <= 0 || candidate + bytes > end) {
      return -1;
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

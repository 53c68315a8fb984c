package org.smmulator.guest.mm;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * What a process has mapped: ranges that do not overlap, neighbours with equal permissions merged.
 * Under the mmap lock of its address space.
 */
final class VmaTree {
  private final TreeMap<Long, Vma> byStart = new TreeMap<>();

  Collection<Vma> all() {
    return byStart.values();
  }

  @Nullable Vma find(long va) {
    Map.Entry<Long, Vma> below = byStart.floorEntry(va);
    return below != null && below.getValue().contains(va) ? below.getValue() : null;
  }

  /** Adds a range that nothing is mapped in. */
  void insert(Vma vma) {
    long start = vma.start();
    long end = vma.end();
    Vma before = find(start - 1);
    if (before != null && before.prot().equals(vma.prot())) {
      start = before.start();
    }
    Vma after = byStart.get(end);
    if (after != null && after.prot().equals(vma.prot())) {
      byStart.remove(end);
      end = after.end();
    }
    byStart.put(start, new Vma(start, end, vma.prot()));
  }

  /**
   * Cuts the range out of whatever is mapped.
   *
   * @return whether anything was mapped there
   */
  boolean remove(long start, long end) {
    split(start);
    split(end);
    Map<Long, Vma> inside = byStart.subMap(start, end);
    boolean found = !inside.isEmpty();
    inside.clear();
    return found;
  }

  boolean covers(long start, long end) {
    long at = start;
    while (at < end) {
      Vma vma = find(at);
      if (vma == null) {
        return false;
      }
      at = vma.end();
    }
    return true;
  }

  /** End of the last range before {@code va}, 0 if there is none. */
  long endBefore(long va) {
    Map.Entry<Long, Vma> before = byStart.lowerEntry(va);
    return before == null ? 0 : before.getValue().end();
  }

  /** Start of the first range at or after {@code va}, {@code limit} if there is none. */
  long startAfter(long va, long limit) {
    Long after = byStart.ceilingKey(va);
    return after == null ? limit : after;
  }

  /** The highest start of {@code length} free bytes within the limits; -1 if there is none. */
  long findGap(long length, long lowest, long highest) {
    long ceiling = highest;
    for (Vma vma : byStart.descendingMap().values()) {
      if (ceiling - vma.end() >= length) {
        break;
      }
      ceiling = Math.min(ceiling, vma.start());
    }
    return ceiling - lowest >= length ? ceiling - length : -1;
  }

  private void split(long va) {
    Vma vma = find(va);
    if (vma != null && vma.start() != va) {
      byStart.put(vma.start(), new Vma(vma.start(), va, vma.prot()));
      byStart.put(va, new Vma(va, vma.end(), vma.prot()));
    }
  }

  /** The end of a range that a program names; whole pages, the last one begun counts. */
  static long rangeEnd(String operation, long va, long length) {
    long end = va + roundUp(length);
    if ((va & (Descriptor.PAGE_BYTES - 1)) != 0
        || va < 0
        || length <= 0
        || end <= va
        || end > PageTable.VA_LIMIT) {
      throw new IllegalArgumentException(
          String.format(
              "%s of 0x%x bytes at 0x%x: it takes whole pages below 2^48", operation, length, va));
    }
    return end;
  }

  static long roundUp(long length) {
    return (length + Descriptor.PAGE_BYTES - 1) & -Descriptor.PAGE_BYTES;
  }
}

package org.smmulator.guest.iommu.smmuv3;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Address ranges of one domain, lowest fit first. Not thread-safe: the domain's lock guards it. */
final class IovaAllocator {
  /** Free ranges: start to end (exclusive); no two of them touch. */
  private final TreeMap<Long, Long> free = new TreeMap<>();

  private final Map<Long, Long> taken = new TreeMap<>();

  IovaAllocator(long start, long end) {
    free.put(start, end);
  }

  /** The start of a range of so many bytes, or null if there is none. */
  @Nullable Long allocate(long bytes) {
    long start = -1;
    for (Map.Entry<Long, Long> range : free.entrySet()) {
      if (range.getValue() - range.getKey() >= bytes) {
        start = range.getKey();
        break;
      }
    }
    Long end = free.remove(start);
    if (end == null) {
      return null;
    }
    if (start + bytes < end) {
      free.put(start + bytes, end);
    }
    taken.put(start, bytes);
    return start;
  }

  boolean isTaken(long start, long bytes) {
    Long length = taken.get(start);
    return length != null && length == bytes;
  }

  void free(long start) {
    Long bytes = taken.remove(start);
    if (bytes == null) {
      throw new IllegalStateException("iova 0x%x is not mapped".formatted(start));
    }
    long from = start;
    long end = start + bytes;
    Map.Entry<Long, Long> below = free.lowerEntry(start);
    if (below != null && below.getValue() == start) {
      from = below.getKey();
    }
    Long above = free.remove(end);
    free.put(from, above == null ? end : above);
  }
}

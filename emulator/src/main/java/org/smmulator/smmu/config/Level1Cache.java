package org.smmulator.smmu.config;

import java.util.Arrays;

/**
 * Direct-mapped cache of level 1 descriptors of stream tables or context tables, valid or not,
 * keyed by {stream, index}.
 *
 * <pre>
 *   key = owner [63:32] | index [31:0]
 * </pre>
 */
final class Level1Cache {
  private final long[] keys;
  private final long[] descriptors;
  private final boolean[] present;

  /** {@code entries} is a power of two. */
  Level1Cache(int entries) {
    keys = new long[entries];
    descriptors = new long[entries];
    present = new boolean[entries];
  }

  boolean has(int owner, int index) {
    int slot = slot(owner, index);
    return present[slot] && keys[slot] == key(owner, index);
  }

  /** The descriptor that {@link #has} found. */
  long get(int owner, int index) {
    return descriptors[slot(owner, index)];
  }

  void put(int owner, int index, long descriptor) {
    int slot = slot(owner, index);
    keys[slot] = key(owner, index);
    descriptors[slot] = descriptor;
    present[slot] = true;
  }

  void remove(int owner, int index) {
    if (has(owner, index)) {
      present[slot(owner, index)] = false;
    }
  }

  /** Drops the descriptors of the aligned 2^{@code spanLog2} owners around {@code owner}. */
  void removeOwners(int owner, int spanLog2) {
    for (int slot = 0; slot < keys.length; slot++) {
      long difference = (keys[slot] >>> 32) ^ Integer.toUnsignedLong(owner);
      present[slot] &= difference >>> spanLog2 != 0;
    }
  }

  void clear() {
    Arrays.fill(present, false);
  }

  private int slot(int owner, int index) {
    long hash = key(owner, index) * 0x9e37_79b9_7f4a_7c15L;
    return (int) (hash >>> 40) & (keys.length - 1);
  }

  private static long key(int owner, int index) {
    return (long) owner << 32 | Integer.toUnsignedLong(index);
  }
}

package org.smmulator.smmu.config;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Set-associative cache of configurations, keyed by {StreamID, SubstreamID}; the oldest entry of a
 * set makes room.
 *
 * <pre>
 *   key = StreamID [63:32] | SubstreamID + 2 [31:0]     (-1 no substream, -2 the stream alone)
 *   set: newest ... oldest
 * </pre>
 */
final class ConfigurationCache {
  private static final int MAX_WAYS = 4;

  private final int ways;
  private final int setMask;
  private final long[] keys;
  private final @Nullable Configuration[] entries;

  ConfigurationCache(int entryCount) {
    ways = Math.min(MAX_WAYS, entryCount);
    setMask = entryCount / ways - 1;
    keys = new long[entryCount];
    entries = new @Nullable Configuration[entryCount];
  }

  @Nullable Configuration get(int streamId, int substreamId) {
    long key = key(streamId, substreamId);
    int first = firstOfSet(key);
    for (int i = first; i < first + ways; i++) {
      if (keys[i] == key && entries[i] != null) {
        return entries[i];
      }
    }
    return null;
  }

  void put(int streamId, int substreamId, Configuration configuration) {
    long key = key(streamId, substreamId);
    int first = firstOfSet(key);
    System.arraycopy(keys, first, keys, first + 1, ways - 1);
    System.arraycopy(entries, first, entries, first + 1, ways - 1);
    keys[first] = key;
    entries[first] = configuration;
  }

  void remove(int streamId, int substreamId) {
    long key = key(streamId, substreamId);
    int first = firstOfSet(key);
    for (int i = first; i < first + ways; i++) {
      if (keys[i] == key) {
        entries[i] = null;
      }
    }
  }

  /** Drops everything of the aligned 2^{@code spanLog2} StreamIDs around {@code streamId}. */
  void removeStreams(int streamId, int spanLog2) {
    for (int i = 0; i < entries.length; i++) {
      long difference = (keys[i] >>> 32) ^ Integer.toUnsignedLong(streamId);
      if (difference >>> spanLog2 == 0) {
        entries[i] = null;
      }
    }
  }

  /** Drops what was read through a context descriptor of the stream. */
  void removeContexts(int streamId) {
    for (int i = 0; i < entries.length; i++) {
      Configuration entry = entries[i];
      if ((int) (keys[i] >>> 32) == streamId && entry != null && entry.context() != null) {
        entries[i] = null;
      }
    }
  }

  void clear() {
    Arrays.fill(entries, null);
  }

  private int firstOfSet(long key) {
    return ((int) ((key * 0x9e37_79b9_7f4a_7c15L) >>> 40) & setMask) * ways;
  }

  private static long key(int streamId, int substreamId) {
    return (long) streamId << 32 | (substreamId + 2L);
  }
}

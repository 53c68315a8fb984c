package org.smmulator.smmu.config;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Set-associative cache of configurations, keyed by {StreamID, SubstreamID}; the oldest entry of a
 * set makes room (first in, first out), once the set is full.
 *
 * <pre>
 *   key = StreamID [63:32] | SubstreamID + 2 [31:0]     (-1 no substream, -2 the stream alone)
 *   set: newest ... oldest
 * </pre>
 *
 * <p>What was found last is remembered, once of a transaction and once of a stream alone, for which
 * devices ask by turns and again and again. Whatever stores or drops an entry forgets both, so they
 * are never entries that have gone.
 */
final class ConfigurationCache {
  private static final int MAX_WAYS = 4;

  /** Of no SubstreamID. */
  private static final long NO_KEY = -1;

  private final int ways;
  private final int setMask;
  private final long[] keys;
  private final @Nullable Configuration[] entries;
  private long lastKey = NO_KEY;
  private @Nullable Configuration last;
  private long lastAloneKey = NO_KEY;
  private @Nullable Configuration lastAlone;
  private long insertions;
  private long evictions;
  private long invalidated;
  private int resident;

  ConfigurationCache(int entryCount) {
    ways = Math.min(MAX_WAYS, entryCount);
    setMask = entryCount / ways - 1;
    keys = new long[entryCount];
    entries = new @Nullable Configuration[entryCount];
  }

  @Nullable Configuration get(int streamId, int substreamId) {
    long key = key(streamId, substreamId);
    if (key == lastKey) {
      return last;
    }
    return key == lastAloneKey ? lastAlone : search(key);
  }

  private @Nullable Configuration search(long key) {
    int first = firstOfSet(key);
    for (int i = first; i < first + ways; i++) {
      if (keys[i] == key && entries[i] != null) {
        remember(key, entries[i]);
        return entries[i];
      }
    }
    return null;
  }

  void put(int streamId, int substreamId, Configuration configuration) {
    long key = key(streamId, substreamId);
    int first = firstOfSet(key);
    int last = first;
    while (last < first + ways - 1 && entries[last] != null) {
      last++;
    }
    insertions++;
    if (entries[last] == null) {
      resident++;
    } else {
      evictions++;
    }
    forget();
    System.arraycopy(keys, first, keys, first + 1, last - first);
    System.arraycopy(entries, first, entries, first + 1, last - first);
    keys[first] = key;
    entries[first] = configuration;
  }

  void remove(int streamId, int substreamId) {
    long key = key(streamId, substreamId);
    int first = firstOfSet(key);
    for (int i = first; i < first + ways; i++) {
      if (keys[i] == key) {
        drop(i);
      }
    }
  }

  /** Drops everything of the aligned 2^{@code spanLog2} StreamIDs around {@code streamId}. */
  void removeStreams(int streamId, int spanLog2) {
    for (int i = 0; i < entries.length; i++) {
      long difference = (keys[i] >>> 32) ^ Integer.toUnsignedLong(streamId);
      if (difference >>> spanLog2 == 0) {
        drop(i);
      }
    }
  }

  /** Drops what was read through a context descriptor of the stream. */
  void removeContexts(int streamId) {
    for (int i = 0; i < entries.length; i++) {
      Configuration entry = entries[i];
      if ((int) (keys[i] >>> 32) == streamId && entry != null && entry.context() != null) {
        drop(i);
      }
    }
  }

  void clear() {
    forget();
    Arrays.fill(entries, null);
    invalidated += resident;
    resident = 0;
  }

  private void drop(int i) {
    if (entries[i] != null) {
      forget();
      entries[i] = null;
      invalidated++;
      resident--;
    }
  }

  private void remember(long key, @Nullable Configuration entry) {
    if ((int) key == 0) {
      lastAloneKey = key;
      lastAlone = entry;
    } else {
      lastKey = key;
      last = entry;
    }
  }

  private void forget() {
    lastKey = NO_KEY;
    last = null;
    lastAloneKey = NO_KEY;
    lastAlone = null;
  }

  /** Entries stored so far. */
  long insertions() {
    return insertions;
  }

  /** Entries that made room for others. */
  long evictions() {
    return evictions;
  }

  /** Entries that a command dropped. */
  long invalidated() {
    return invalidated;
  }

  /** Entries that can be found. */
  int resident() {
    return resident;
  }

  private int firstOfSet(long key) {
    return ((int) ((key * 0x9e37_79b9_7f4a_7c15L) >>> 40) & setMask) * ways;
  }

  private static long key(int streamId, int substreamId) {
    return (long) streamId << 32 | (substreamId + 2L);
  }
}

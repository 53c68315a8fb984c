package org.smmulator.guest.sva;

import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * Hands out PASIDs. One is live from {@link #allocate} to {@link #free}, of which it may spend the
 * end in quarantine: its address space is gone, but a device may still use it. Invariant: a PASID
 * is handed out only when nothing names it any more; whoever comes to name one says so here. All
 * under the sva lock.
 */
final class PasidAllocator {
  private final PasidPolicy policy;
  private final BitSet live = new BitSet();
  private final BitSet quarantined = new BitSet();
  private final Map<Integer, EnumMap<PasidUse, Integer>> uses = new HashMap<>();
  private int next;

  PasidAllocator(PasidPolicy policy) {
    this.policy = policy;
  }

  /** A free PASID of {@code min} to {@code max}, both inclusive; -1 if there is none. */
  int allocate(int min, int max) {
    int pasid = live.nextClearBit(policy == PasidPolicy.CYCLIC ? Math.max(min, next) : min);
    if (pasid > max) {
      pasid = live.nextClearBit(min);
    }
    if (pasid > max) {
      return -1;
    }
    if (uses.containsKey(pasid)) {
      throw new IllegalStateException(
          "PASID %d is free, but named by %s".formatted(pasid, uses.get(pasid)));
    }
    live.set(pasid);
    next = pasid + 1;
    return pasid;
  }

  void free(int pasid) {
    assertLive(pasid);
    live.clear(pasid);
    quarantined.clear(pasid);
  }

  /** Keeps a live PASID from being freed with its address space. */
  void quarantine(int pasid) {
    assertLive(pasid);
    quarantined.set(pasid);
  }

  boolean isQuarantined(int pasid) {
    return quarantined.get(pasid);
  }

  void named(int pasid, PasidUse use) {
    assertLive(pasid);
    uses.computeIfAbsent(pasid, p -> new EnumMap<>(PasidUse.class)).merge(use, 1, Integer::sum);
  }

  void unnamed(int pasid, PasidUse use) {
    EnumMap<PasidUse, Integer> named = uses.get(pasid);
    if (named == null || !named.containsKey(use)) {
      throw new IllegalStateException("PASID %d was not named by a %s".formatted(pasid, use));
    }
    named.computeIfPresent(use, (u, count) -> count == 1 ? null : count - 1);
    if (named.isEmpty()) {
      uses.remove(pasid);
    }
  }

  int liveCount() {
    return live.cardinality() - quarantined.cardinality();
  }

  int quarantinedCount() {
    return quarantined.cardinality();
  }

  private void assertLive(int pasid) {
    if (!live.get(pasid)) {
      throw new IllegalStateException("PASID " + pasid + " is not allocated");
    }
  }
}

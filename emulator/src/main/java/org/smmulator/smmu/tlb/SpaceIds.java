package org.smmulator.smmu.tlb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who has which id, and which ids are retired: the package's text says what that is for. */
final class SpaceIds {
  /** Bits that an id has in a tag. */
  static final int BITS = 21;

  private static final int FIRST_CAPACITY = 1 << 14;

  /** Stands where an id is retired. */
  private static final TlbSpace RETIRED = new TlbSpace(Regime.EL1, 0, 0, false);

  private final List<TaggedCache> caches = new ArrayList<>();
  private @Nullable TlbSpace[] byId = new @Nullable TlbSpace[FIRST_CAPACITY];
  private int last;
  private TlbSpace[] live = new TlbSpace[64];
  private int liveCount;
  private int liveGlobals;
  private int retired;

  void add(TaggedCache cache) {
    caches.add(cache);
  }

  /** Spaces with entries. */
  int liveCount() {
    return liveCount;
  }

  /** Whether any global page is cached; a question that spares two searches per TLBI. */
  boolean haveGlobals() {
    return liveGlobals != 0;
  }

  TlbSpace live(int i) {
    return live[i];
  }

  /** The space of a tag, or null if its id is retired. */
  @Nullable TlbSpace ofTag(long tag) {
    TlbSpace space = byId[TaggedCache.id(tag)];
    return space == RETIRED ? null : space;
  }

  /** Whether a tag may stand for nobody any more; a question that spares one per way. */
  boolean haveRetired() {
    return retired != 0;
  }

  boolean isRetired(long tag) {
    return byId[TaggedCache.id(tag)] == RETIRED;
  }

  /** Gives an id to a space that has none. */
  void assign(TlbSpace space) {
    int id = next();
    byId[id] = space;
    space.id = id;
    if (liveCount == live.length) {
      live = Arrays.copyOf(live, 2 * liveCount);
    }
    space.position = liveCount;
    live[liveCount++] = space;
    liveGlobals += space.isGlobal() ? 1 : 0;
  }

  /** Takes the id of a space none of whose entries is left. */
  void release(TlbSpace space) {
    take(space, null);
  }

  /** Takes the id of a space whose entries are to be gone. */
  void retire(TlbSpace space) {
    take(space, RETIRED);
    retired++;
  }

  private void take(TlbSpace space, @Nullable TlbSpace instead) {
    byId[space.id] = instead;
    space.id = 0;
    TlbSpace moved = live[--liveCount];
    live[space.position] = moved;
    moved.position = space.position;
    liveGlobals -= space.isGlobal() ? 1 : 0;
  }

  private int next() {
    while (true) {
      while (++last < byId.length) {
        if (byId[last] == null) {
          return last;
        }
      }
      reclaim();
    }
  }

  private void reclaim() {
    caches.forEach(TaggedCache::sweepRetired);
    for (int id = 1; id < byId.length; id++) {
      if (byId[id] == RETIRED) {
        byId[id] = null;
      }
    }
    retired = 0;
    if (2 * liveCount < byId.length) {
      last = 0;
    } else if (byId.length < 1 << BITS) {
      last = byId.length - 1;
      byId = Arrays.copyOf(byId, 2 * byId.length);
    } else if (liveCount < byId.length - 1) {
      last = 0;
    } else {
      throw new IllegalStateException("more address spaces with entries than ids");
    }
  }
}

package org.smmulator.device.atc;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The translations a function remembers (ATC; Base Specification 10.1): set-associative, least
 * recently used within a set.
 *
 * <pre>
 *            way 0            way 1            ...
 *   set 0  | pasid page -> translated page, size, permissions, last use |
 *   set 1  |   ...                                                      |
 * </pre>
 *
 * An entry serves one 4 KiB page of the untranslated address, and the set is {@code (page XOR
 * PASID) mod sets}, with 0 for no PASID. A larger translation takes one entry per 4 KiB page that
 * is used of it, and each of them remembers the whole size: an invalidation that meets any part of
 * the translation drops them all. An entry without the wanted permission is a miss, and the fill
 * that follows replaces it.
 *
 * <p>Invariants: at most one entry per (PASID, page); lookups = hits + misses. Only the link's
 * thread may call it; nothing allocates.
 */
public final class AddressTranslationCache {
  /** In the place of a PASID: the request had none. */
  public static final int NO_PASID = -1;

  /** The answer to a lookup that found nothing. */
  public static final int MISS = -1;

  private static final int INVALID = -2;
  private static final int PAGE_LOG2 = 12;
  private static final long[] NO_PAGES = {};

  private final int sets;
  private final int ways;
  // Arrays side by side, not one of whole entries, which took longer: a hit up to 1.24, an
  // invalidation of one page 1.2 of the time (256 to 65,536 entries of four ways).
  private final int[] pasids;
  private final long[] pages;
  private final long[] translatedPages;
  private final byte[] sizesLog2;
  private final byte[] permissions;
  private final long[] lastUses;
  private final @Nullable AtcRecorder recorder;
  private final @Nullable WorkingSet workingSet;

  private long uses;
  private long hits;
  private long misses;
  private long fills;
  private long evictions;
  private long entriesDropped;

  /** Takes the pages that the invalidation under way drops, and how many it has. */
  private long[] listing = NO_PAGES;

  private int listed;
  private int valid;

  /** By sizeLog2: how many entries. */
  private final int[] ofSize = new int[Long.SIZE + 1];

  /** Bit n: there are entries of 2^(n + 12) bytes. */
  private long sizesPresent;

  /** An empty cache whose working set nobody follows. */
  public AddressTranslationCache(int sets, int ways, @Nullable AtcRecorder recorder) {
    this(sets, ways, recorder, null);
  }

  /**
   * An empty cache.
   *
   * @param sets a power of two
   * @param ways at least 1
   * @param recorder told of every event, or null
   * @param workingSet told of every event, or null
   */
  public AddressTranslationCache(
      int sets, int ways, @Nullable AtcRecorder recorder, @Nullable WorkingSet workingSet) {
    if (Integer.bitCount(sets) != 1 || sets < 0 || ways < 1 || (long) sets * ways > 1 << 24) {
      throw new IllegalArgumentException(
          "ATC of "
              + sets
              + " sets x "
              + ways
              + " ways: sets must be a power of two, ways at least"
              + " 1, entries at most 2^24");
    }
    int entries = sets * ways;
    this.sets = sets;
    this.ways = ways;
    this.pasids = new int[entries];
    this.pages = new long[entries];
    this.translatedPages = new long[entries];
    this.sizesLog2 = new byte[entries];
    this.permissions = new byte[entries];
    this.lastUses = new long[entries];
    this.recorder = recorder;
    this.workingSet = workingSet;
    Arrays.fill(pasids, INVALID);
  }

  /** One counted lookup: the entry that allows this access, or {@link #MISS}. */
  public int lookup(int pasid, long address, boolean write) {
    int entry = find(pasid, address >>> 12);
    boolean hit = entry != MISS && Permissions.allow(permissions[entry], write);
    if (recorder != null) {
      recorder.lookup(pasid, address, write, hit);
    }
    if (workingSet != null) {
      workingSet.access(pasid, address >>> 12, write, hit);
    }
    if (!hit) {
      misses++;
      return MISS;
    }
    hits++;
    lastUses[entry] = ++uses;
    return entry;
  }

  /** The translated address of an address inside an entry's page. */
  public long translate(int entry, long address) {
    return translatedPages[entry] << 12 | (address & 0xFFF);
  }

  /** Whether the entry's page takes untranslated requests only. */
  public boolean isUntranslatedOnly(int entry) {
    return (permissions[entry] & Permissions.UNTRANSLATED_ONLY) != 0;
  }

  /** log2 of the bytes of the whole translation the entry was filled from. */
  public int sizeLog2(int entry) {
    return sizesLog2[entry];
  }

  /**
   * Remembers a translation for the 4 KiB page of an address.
   *
   * @param address the untranslated address that was asked for
   * @param sizeLog2 log2 of the translation's bytes, at least 12
   * @param translated the translated address of {@code address}
   * @param permission bits of {@link Permissions}
   */
  public void fill(int pasid, long address, int sizeLog2, long translated, int permission) {
    int entry = entryFor(pasid, address >>> 12);
    if (pasids[entry] != INVALID) {
      remove(entry);
    }
    valid++;
    ofSize[sizeLog2]++;
    sizesPresent |= 1L << (sizeLog2 - PAGE_LOG2);
    pasids[entry] = pasid;
    pages[entry] = address >>> 12;
    translatedPages[entry] = translated >>> 12;
    sizesLog2[entry] = (byte) sizeLog2;
    permissions[entry] = (byte) permission;
    lastUses[entry] = ++uses;
    fills++;
    if (recorder != null) {
      recorder.fill(pasid, address, sizeLog2, permission);
    }
    if (workingSet != null) {
      workingSet.fill(pasid, address >>> 12, sizeLog2, permission);
    }
  }

  /**
   * Drops every entry that a scope reaches; the number dropped. Where it names few enough pages of
   * one PASID, it looks at their sets alone, and otherwise at all entries.
   */
  public int invalidate(InvalidationScope scope) {
    return invalidate(scope, NO_PAGES);
  }

  /**
   * As above.
   *
   * @param droppedPages takes the addresses of the pages that were dropped, as many as it holds
   */
  public int invalidate(InvalidationScope scope, long[] droppedPages) {
    int dropped = 0;
    listing = droppedPages;
    listed = 0;
    if (valid > 0) {
      int reachLog2 = Math.max(scope.sizeLog2(), largestLog2());
      boolean fewer = reachLog2 < PAGE_LOG2 + Integer.numberOfTrailingZeros(sets);
      dropped =
          fewer && scope.isOfOnePasid()
              ? dropAround(scope, reachLog2)
              : dropIn(scope, 0, pasids.length);
    }
    entriesDropped += dropped;
    if (recorder != null) {
      recorder.invalidate(scope, dropped);
    }
    if (workingSet != null) {
      workingSet.invalidate(scope);
    }
    return dropped;
  }

  /**
   * Drops in the sets of the pages around a scope. The translation of an entry that it meets holds
   * the scope's range or lies in it, so the entry's page has all address bits of the scope from the
   * larger one's size on.
   */
  private int dropAround(InvalidationScope scope, int reachLog2) {
    long first = scope.firstPageOf(reachLog2);
    int dropped = 0;
    for (long page = first; page < first + (1L << (reachLog2 - PAGE_LOG2)); page++) {
      int set = firstOfSet(scope.pasid(), page);
      dropped += dropIn(scope, set, set + ways);
    }
    return dropped;
  }

  private int dropIn(InvalidationScope scope, int from, int end) {
    int dropped = 0;
    for (int entry = from; entry < end; entry++) {
      int pasid = pasids[entry];
      if (pasid != INVALID && scope.reaches(pasid, pages[entry] << PAGE_LOG2, sizesLog2[entry])) {
        if (listed < listing.length) {
          listing[listed++] = pages[entry] << PAGE_LOG2;
        }
        remove(entry);
        dropped++;
      }
    }
    return dropped;
  }

  private void remove(int entry) {
    pasids[entry] = INVALID;
    valid--;
    int sizeLog2 = sizesLog2[entry];
    if (--ofSize[sizeLog2] == 0) {
      sizesPresent &= ~(1L << (sizeLog2 - PAGE_LOG2));
    }
  }

  private int largestLog2() {
    return PAGE_LOG2 + Long.SIZE - 1 - Long.numberOfLeadingZeros(sizesPresent);
  }

  /** Acknowledged but not obeyed: for a device that breaks the rule on purpose. */
  public void ignore(InvalidationScope scope) {
    if (recorder != null) {
      recorder.invalidate(scope, 0);
    }
  }

  /** Drops everything, as enabling ATS, disabling PASID and a reset do; the number dropped. */
  public int invalidateAll() {
    int dropped = valid;
    Arrays.fill(pasids, INVALID);
    Arrays.fill(ofSize, 0);
    sizesPresent = 0;
    valid = 0;
    entriesDropped += dropped;
    if (recorder != null) {
      recorder.invalidateAll();
    }
    if (workingSet != null) {
      workingSet.invalidateAll();
    }
    return dropped;
  }

  /** Whether an entry, from 0 on, holds a translation; the next methods are for one that does. */
  public boolean isValid(int entry) {
    return pasids[entry] != INVALID;
  }

  /** Of an entry, or {@link #NO_PASID}. */
  public int pasid(int entry) {
    return pasids[entry];
  }

  /** Untranslated address of the 4 KiB page that an entry serves. */
  public long address(int entry) {
    return pages[entry] << PAGE_LOG2;
  }

  /** Bits of {@link Permissions}. */
  public int permissions(int entry) {
    return permissions[entry];
  }

  /** Fills and hits since the entry's own last one. */
  public long age(int entry) {
    return uses - lastUses[entry];
  }

  public int sets() {
    return sets;
  }

  public int ways() {
    return ways;
  }

  /** Entries that hold a translation now. */
  public int entriesHeld() {
    return valid;
  }

  public long lookups() {
    return hits + misses;
  }

  public long hits() {
    return hits;
  }

  public long misses() {
    return misses;
  }

  public long fills() {
    return fills;
  }

  /** Fills that pushed out another page's entry. */
  public long evictions() {
    return evictions;
  }

  public long entriesDropped() {
    return entriesDropped;
  }

  private int find(int pasid, long page) {
    int first = firstOfSet(pasid, page);
    for (int entry = first; entry < first + ways; entry++) {
      if (pages[entry] == page && pasids[entry] == pasid) {
        return entry;
      }
    }
    return MISS;
  }

  /** The same page's entry, else an invalid one, else the least recently used of the set. */
  private int entryFor(int pasid, long page) {
    int same = find(pasid, page);
    if (same != MISS) {
      return same;
    }
    int first = firstOfSet(pasid, page);
    int victim = first;
    for (int entry = first; entry < first + ways; entry++) {
      if (pasids[entry] == INVALID) {
        return entry;
      }
      if (lastUses[entry] < lastUses[victim]) {
        victim = entry;
      }
    }
    evictions++;
    return victim;
  }

  private int firstOfSet(int pasid, long page) {
    return setOf(pasid, page, sets) * ways;
  }

  static int setOf(int pasid, long page, int sets) {
    int folded = (int) page ^ (pasid == NO_PASID ? 0 : pasid);
    return folded & (sets - 1);
  }
}

package org.smmulator.device.atc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.atc.AddressTranslationCache.MISS;
import static org.smmulator.device.atc.AddressTranslationCache.NO_PASID;
import static org.smmulator.device.atc.Permissions.READ;
import static org.smmulator.device.atc.Permissions.UNTRANSLATED_ONLY;
import static org.smmulator.device.atc.Permissions.WRITE;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTranslationCacheTest {
  private static final long SEED = Long.getLong("smmulator.seed", 20261122);

  private final AddressTranslationCache atc = new AddressTranslationCache(4, 2, null);

  @Test
  void translatesEveryAddressOfAFilledPage() {
    atc.fill(7, 0x7F00_1234_5678L, 12, 0x8_9ABC_D678L, READ);

    int entry = atc.lookup(7, 0x7F00_1234_5FFFL, false);

    assertThat(atc.translate(entry, 0x7F00_1234_5FFFL)).isEqualTo(0x8_9ABC_DFFFL);
    assertThat(atc.translate(entry, 0x7F00_1234_5000L)).isEqualTo(0x8_9ABC_D000L);
  }

  @Test
  void keepsTranslationsOfEachPasidAndOfNoneApart() {
    atc.fill(0, 0x1000, 12, 0xA000, READ);
    atc.fill(NO_PASID, 0x1000, 12, 0xB000, READ);

    assertThat(atc.translate(atc.lookup(0, 0x1000, false), 0x1000)).isEqualTo(0xA000);
    assertThat(atc.translate(atc.lookup(NO_PASID, 0x1000, false), 0x1000)).isEqualTo(0xB000);
    assertThat(atc.lookup(1, 0x1000, false)).isEqualTo(MISS);
  }

  @Test
  void missesWithoutTheWantedPermissionAndReplacesThatEntry() {
    atc.fill(1, 0x1000, 12, 0xA000, READ);

    assertThat(atc.lookup(1, 0x1000, true)).isEqualTo(MISS);
    atc.fill(1, 0x1000, 12, 0xA000, READ | WRITE);

    assertThat(atc.lookup(1, 0x1000, true)).isNotEqualTo(MISS);
    assertThat(atc.evictions()).isZero();
    assertThat(atc.invalidateAll()).isEqualTo(1);
  }

  @Test
  void tellsPagesForUntranslatedAccessOnly() {
    atc.fill(1, 0x1000, 12, 0, READ | UNTRANSLATED_ONLY);
    atc.fill(1, 0x2000, 12, 0, READ);

    assertThat(atc.isUntranslatedOnly(atc.lookup(1, 0x1000, false))).isTrue();
    assertThat(atc.isUntranslatedOnly(atc.lookup(1, 0x2000, false))).isFalse();
  }

  @Test
  void evictsTheLeastRecentlyUsedEntryOfAFullSet() {
    AddressTranslationCache small = new AddressTranslationCache(1, 2, null);
    small.fill(1, 0x1000, 12, 0, READ);
    small.fill(1, 0x2000, 12, 0, READ);
    small.lookup(1, 0x1000, false);

    small.fill(1, 0x3000, 12, 0, READ);

    assertThat(small.evictions()).isEqualTo(1);
    assertThat(small.lookup(1, 0x2000, false)).isEqualTo(MISS);
    assertThat(small.lookup(1, 0x1000, false)).isNotEqualTo(MISS);
  }

  @Test
  void dropsEveryPieceOfALargeTranslationThatIsPartlyInvalidated() {
    atc.fill(1, 0x20_0000, 21, 0x4020_0000, READ);
    atc.fill(1, 0x3F_F000, 21, 0x403F_F000, READ);
    atc.fill(1, 0x40_0000, 12, 0x5000_0000, READ);

    assertThat(atc.invalidate(new InvalidationScope(1, false, 0x3A_B000, 12))).isEqualTo(2);

    assertThat(atc.lookup(1, 0x20_0000, false)).isEqualTo(MISS);
    assertThat(atc.lookup(1, 0x40_0000, false)).isNotEqualTo(MISS);
  }

  /** Where a few sets are looked at, it must be those of all pieces. */
  @Test
  void dropsTheFarPiecesOfALargeTranslationFromALargeCache() {
    AddressTranslationCache large = new AddressTranslationCache(1024, 1, null);
    large.fill(1, 0x20_0000, 21, 0x4020_0000, READ);
    large.fill(1, 0x3F_F000, 21, 0x403F_F000, READ);
    large.fill(1, 0x40_0000, 12, 0x5000_0000, READ);
    large.fill(2, 0x20_0000, 21, 0x4020_0000, READ);

    assertThat(large.invalidate(new InvalidationScope(1, false, 0x40_0000, 12))).isEqualTo(1);
    assertThat(large.invalidate(new InvalidationScope(1, false, 0x3A_B000, 12))).isEqualTo(2);
    assertThat(large.invalidate(new InvalidationScope(1, false, 0x3A_B000, 12))).isZero();
    assertThat(large.invalidate(new InvalidationScope(2, false, 0, 32))).isEqualTo(1);
    large.fill(1, 0x7000, 64, 0x7000, READ);
    assertThat(large.invalidate(new InvalidationScope(1, false, -4096, 12))).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    // prefix, G, base, size: reaches (5, 0x1000), (6, 0x1000), (5, 0x9000), none 0x1000, none
    // 0x9000
    "5, false, 1000, 12, true, false, false, false, false",
    "5, true, 1000, 12, true, true, false, false, false",
    "-1, false, 1000, 12, true, true, true, true, false",
    "5, false, 0, 16, true, false, true, false, false",
    "5, false, 1fff, 12, true, false, false, false, false",
    "5, false, 0, 63, true, false, true, false, false",
    "5, false, 8000000000000000, 63, false, false, false, false, false",
    "6, true, 8000000000000000, 64, true, true, true, false, false",
    "-1, false, 0, 64, true, true, true, true, true",
  })
  void invalidatesWhatPrefixAndGlobalBitSay(
      int pasid,
      boolean global,
      String base,
      int sizeLog2,
      boolean five,
      boolean six,
      boolean fiveFar,
      boolean none,
      boolean noneFar) {
    AddressTranslationCache large = new AddressTranslationCache(16, 4, null);
    large.fill(5, 0x1000, 12, 0, READ);
    large.fill(6, 0x1000, 12, 0, READ);
    large.fill(5, 0x9000, 12, 0, READ);
    large.fill(NO_PASID, 0x1000, 12, 0, READ);
    large.fill(NO_PASID, 0x9000, 12, 0, READ);

    long address = Long.parseUnsignedLong(base, 16);
    large.invalidate(new InvalidationScope(pasid, global, address, sizeLog2));

    assertThat(
            List.of(
                large.lookup(5, 0x1000, false) == MISS,
                large.lookup(6, 0x1000, false) == MISS,
                large.lookup(5, 0x9000, false) == MISS,
                large.lookup(NO_PASID, 0x1000, false) == MISS,
                large.lookup(NO_PASID, 0x9000, false) == MISS))
        .containsExactly(five, six, fiveFar, none, noneFar);
  }

  @Test
  void writesOneLineForEachEvent() {
    StringWriter text = new StringWriter();
    AddressTranslationCache recorded = new AddressTranslationCache(1, 1, new AtcRecorder(text));

    recorded.lookup(NO_PASID, 0x1234_5678, true);
    recorded.fill(NO_PASID, 0x1234_5678, 21, 0, READ | WRITE);
    recorded.lookup(NO_PASID, 0x1234_5000, false);
    recorded.invalidate(new InvalidationScope(9, true, 0x1234_5000, 12));
    recorded.invalidate(InvalidationScope.EVERYTHING);
    recorded.ignore(new InvalidationScope(9, false, 0x1000, 12));
    recorded.invalidateAll();

    assertThat(text.toString().lines())
        .containsExactly(
            "L - 12345 w miss",
            "F - 12345 21 rw",
            "L - 12345 r hit",
            "I 9 1 12345 12 0",
            "I - 0 all 64 1",
            "I 9 0 1 12 0",
            "X");
  }

  /** Entries in the order of their last use, oldest first. */
  private static final class NaiveLru {
    record Entry(int set, int pasid, long page, int sizeLog2, int permissions) {}

    final List<Entry> entries = new ArrayList<>();
    final int sets;
    final int ways;
    long hits;
    long misses;
    long evictions;
    long dropped;

    NaiveLru(int sets, int ways) {
      this.sets = sets;
      this.ways = ways;
    }

    int set(int pasid, long page) {
      return (int) ((page ^ Math.max(pasid, 0)) % sets);
    }

    boolean lookup(int pasid, long page, boolean write) {
      for (Entry entry : entries) {
        boolean same = entry.pasid() == pasid && entry.page() == page;
        if (same && (entry.permissions() & (write ? 2 : 1)) != 0) {
          entries.remove(entry);
          entries.add(entry);
          hits++;
          return true;
        }
      }
      misses++;
      return false;
    }

    void fill(int pasid, long page, int sizeLog2, int permissions) {
      int set = set(pasid, page);
      entries.removeIf(entry -> entry.pasid() == pasid && entry.page() == page);
      List<Entry> sameSet = entries.stream().filter(entry -> entry.set() == set).toList();
      if (sameSet.size() == ways) {
        entries.remove(sameSet.get(0));
        evictions++;
      }
      entries.add(new Entry(set, pasid, page, sizeLog2, permissions));
    }

    void invalidate(int pasid, boolean global, long page, int pages) {
      int before = entries.size();
      entries.removeIf(
          entry -> {
            long span = 1L << (entry.sizeLog2() - 12);
            long first = entry.page() / span * span;
            boolean meets = first < page + pages && page < first + span;
            return pasid < 0
                ? meets || entry.pasid() >= 0
                : meets && (entry.pasid() == pasid || (global && entry.pasid() >= 0));
          });
      dropped += before - entries.size();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "2, 2", "4, 1", "8, 3", "16, 2", "64, 2"})
  void behavesLikeANaiveLruOverARandomStream(int sets, int ways) {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    AddressTranslationCache real = new AddressTranslationCache(sets, ways, null);
    NaiveLru naive = new NaiveLru(sets, ways);
    for (int i = 0; i < 50_000; i++) {
      int pasid = random.nextInt(3) - 1;
      long page = random.nextInt(24);
      if (random.nextInt(20) == 0) {
        int pages = 1 << random.nextInt(3);
        boolean global = random.nextBoolean();
        long base = page / pages * pages;
        int sizeLog2 = 12 + Integer.numberOfTrailingZeros(pages);
        real.invalidate(new InvalidationScope(pasid, global, page << 12, sizeLog2));
        naive.invalidate(pasid, global, base, pages);
        continue;
      }
      boolean write = random.nextInt(4) == 0;
      boolean hit = naive.lookup(pasid, page, write);
      assertThat(real.lookup(pasid, page << 12, write) != MISS).isEqualTo(hit);
      if (!hit) {
        int sizeLog2 = 12 + random.nextInt(3);
        int permissions = write ? READ | WRITE : 1 + random.nextInt(3) / 2 * 2;
        real.fill(pasid, page << 12, sizeLog2, 0, permissions);
        naive.fill(pasid, page, sizeLog2, permissions);
      }
    }
    assertThat(List.of(real.hits(), real.misses(), real.evictions(), real.entriesDropped()))
        .isEqualTo(List.of(naive.hits, naive.misses, naive.evictions, naive.dropped));
    assertThat(real.lookups()).isEqualTo(real.hits() + real.misses());
    assertThat(naive.evictions).as("the stream must evict").isPositive();
    assertThat(naive.dropped).as("the stream must drop").isPositive();
  }
}

package org.smmulator.smmu.tlb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WalkCacheTest {
  private static final long VA = 0x7fff_1234_5000L;

  private final TlbSpaces spaces = new TlbSpaces();
  private final TlbSpace own = spaces.of(Regime.EL1, 0, 1, true);

  @Test
  void findsTheTableOfALevelForEveryAddressWithThePrefix() {
    WalkCache cache = new WalkCache(16, spaces);
    cache.insert(own, VA, 3, 21, 0x000f_ffff_ffff_f000L, 0xa);

    long found = cache.lookup(own, VA ^ 0x1f_ffff, 3, 21);
    assertThat(WalkCache.table(found)).isEqualTo(0x000f_ffff_ffff_f000L);
    assertThat(WalkCache.limits(found)).isEqualTo(0xa);
    assertThat(cache.lookup(own, VA + 0x20_0000, 3, 21)).isZero();
    assertThat(cache.lookup(own, VA, 2, 21)).isZero();
    assertThat(cache.lookup(own, VA, 2, 30)).isZero();
    assertThat(cache.lookup(spaces.of(Regime.EL1, 0, 2, true), VA, 3, 21)).isZero();
    assertThat(cache.lookups()).isEqualTo(5);
    assertThat(cache.hits()).isEqualTo(1);
    assertThat(cache.peek(own, VA, 3, 21)).isEqualTo(found);
    assertThat(cache.peek(own, VA, 2, 30)).isZero();
    assertThat(cache.lookups()).isEqualTo(5);
  }

  @Test
  void findsATableAtZeroWithoutLimits() {
    WalkCache cache = new WalkCache(16, spaces);
    cache.insert(own, 0, 1, 39, 0, 0);

    assertThat(cache.lookup(own, 0x1000, 1, 39)).isNotZero();
    assertThat(WalkCache.table(cache.lookup(own, 0x1000, 1, 39))).isZero();
  }

  @Test
  void keepsNothingIfItHasNoEntries() {
    WalkCache cache = new WalkCache(0, spaces);
    cache.insert(own, VA, 3, 21, 0x1000, 0);

    assertThat(cache.lookup(own, VA, 3, 21)).isZero();
    assertThat(cache.insertions()).isZero();
    assertThat(cache.resident()).isZero();
  }
}

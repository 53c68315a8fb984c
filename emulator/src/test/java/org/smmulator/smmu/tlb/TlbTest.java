package org.smmulator.smmu.tlb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.feature.SmmuFeatures;

class TlbTest {
  private static final long VA = 0x7fff_1234_5000L;
  private static final int EXACT = TranslationCaches.EXACT_VMID;

  private TranslationCaches caches = caches(16, 4);

  private static TranslationCaches caches(int entries, int ways) {
    return new TranslationCaches(new SmmuFeatures.Caches(entries, ways, 16, 1));
  }

  private static long page(long output) {
    return Translation.of(output, 12, Granule.KB4, 3, 0x3f);
  }

  private TlbSpace own(int asid) {
    return caches.spaces().of(Regime.EL1, 0, asid, true);
  }

  private TlbSpace global() {
    return caches.spaces().global(Regime.EL1, 0, true);
  }

  private long lookup(int asid, long address) {
    return caches.tlb().lookup(own(asid), global(), address);
  }

  @Test
  void ignoresAddressBits63To56AndTellsTheHalvesApartByBit55() {
    caches.tlb().insert(own(1), VA, page(0x1000));
    caches.tlb().insert(own(1), VA | 0x0080_0000_0000_0000L, page(0x2000));

    assertThat(lookup(1, VA | 0xa500_0000_0000_0fffL)).isEqualTo(page(0x1000));
    assertThat(lookup(1, VA | 0xa580_0000_0000_0000L)).isEqualTo(page(0x2000));
    assertThat(lookup(1, VA ^ 1L << 51)).isZero();
  }

  @Test
  void globalPagesBelongToOneAset() {
    caches.tlb().insert(global(), VA, page(0x1000));
    TlbSpace otherAset = caches.spaces().global(Regime.EL1, 0, false);

    assertThat(lookup(1, VA)).isEqualTo(page(0x1000));
    assertThat(lookup(2, VA)).isEqualTo(page(0x1000));
    assertThat(caches.tlb().lookup(own(1), otherAset, VA)).isZero();
  }

  @Test
  void holdsBlocksOfAllSizesSideBySide() {
    caches = caches(SmmuFeatures.Caches.INFINITE, 1);
    for (int log2 = 12; log2 <= 47; log2++) {
      long inside = 1L << log2;
      caches.tlb().insert(own(1), inside, Translation.of(0, log2, Granule.KB4, 3, log2));
    }
    for (int log2 = 12; log2 <= 47; log2++) {
      assertThat(Translation.sizeLog2(lookup(1, (1L << log2) + 5))).isEqualTo(log2);
      assertThat(Translation.sizeLog2(lookup(1, (2L << log2) - 1))).isEqualTo(log2);
    }
    assertThat(lookup(1, 0)).isZero();
    assertThat(lookup(1, 1L << 48)).isZero();
  }

  @Test
  void evictsTheEntryOfASetThatWasNotUsedForLongest() {
    caches = caches(4, 4);
    for (int i = 0; i < 4; i++) {
      caches.tlb().insert(own(1), VA + 4096L * i, page(4096L * i));
    }
    long unused = lookup(1, VA);
    unused = lookup(1, VA + 2 * 4096);
    caches.tlb().insert(own(1), VA + 4 * 4096, page(0));
    caches.tlb().insert(own(1), VA + 5 * 4096, page(0));

    assertThat(present(6)).containsExactly(true, false, true, false, true, true);
    assertThat(caches.tlb().evictions()).isEqualTo(2);
    assertThat(caches.tlb().insertions()).isEqualTo(6);
    assertThat(caches.tlb().resident()).isEqualTo(4);
  }

  @Test
  void peekingCountsNothingAndIsNoUse() {
    caches = caches(4, 4);
    for (int i = 0; i < 4; i++) {
      caches.tlb().insert(own(1), VA + 4096L * i, page(4096L * i));
    }
    assertThat(caches.tlb().peek(own(1), global(), VA)).isEqualTo(page(0));
    assertThat(caches.tlb().lookups()).isZero();
    caches.tlb().insert(own(1), VA + 4 * 4096, page(0));

    assertThat(present(5)).containsExactly(false, true, true, true, true);
  }

  @Test
  void countsLookupsAndHits() {
    caches.tlb().insert(own(1), VA, page(0));
    long unused = lookup(1, VA) + lookup(1, VA + 4096) + lookup(2, VA);

    assertThat(caches.tlb().lookups()).isEqualTo(3);
    assertThat(caches.tlb().hits()).isEqualTo(1);
  }

  @Test
  void invalidatedEntriesMakeRoomBeforeOthers() {
    caches = caches(4, 4);
    caches.tlb().insert(own(1), VA, page(0));
    for (int i = 1; i < 4; i++) {
      caches.tlb().insert(own(2), VA + 4096L * i, page(0));
    }
    caches.nhAsid(0, EXACT, 2);
    assertThat(caches.tlb().invalidated()).isEqualTo(3);
    assertThat(caches.tlb().resident()).isEqualTo(1);
    for (int i = 1; i < 4; i++) {
      caches.tlb().insert(own(1), VA + 4096L * i, page(4096L * i));
    }

    assertThat(present(4)).containsOnly(true);
    assertThat(caches.tlb().evictions()).isZero();
  }

  @Test
  void theInfiniteOneNeverEvictsButTakesNoMoreThanAMillion() {
    caches = caches(SmmuFeatures.Caches.INFINITE, 1);
    int limit = 1 << 20;
    for (int i = 0; i < limit + 10; i++) {
      caches.tlb().insert(own(1), 4096L * i, page(4096L * i));
    }
    assertThat(caches.tlb().resident()).isEqualTo(limit);
    for (int i = 0; i < limit; i++) {
      if (lookup(1, 4096L * i) != page(4096L * i)) {
        throw new AssertionError("page " + i + " is gone");
      }
    }
    caches.tlb().insert(own(1), 4096, page(0x7000));
    assertThat(lookup(1, 4096)).isEqualTo(page(0x7000));
  }

  /** Each invalidation of a space takes an id; there are far fewer than this. */
  @Test
  void entriesOfOneSpaceSurviveAnyNumberOfInvalidationsOfAnother() {
    caches.tlb().insert(own(1), VA, page(0x1000));
    for (int i = 0; i < 100_000; i++) {
      assertThat(lookup(2, VA)).isZero();
      caches.tlb().insert(own(2), VA, page(0x2000));
      caches.nhAsid(0, EXACT, 2);
    }
    assertThat(lookup(1, VA)).isEqualTo(page(0x1000));
    assertThat(lookup(2, VA)).isZero();
  }

  @Test
  void manySpacesWithEntriesKeepThemApart() {
    caches = caches(SmmuFeatures.Caches.INFINITE, 1);
    List<TlbSpace> spaces = new ArrayList<>();
    for (int i = 0; i < 40_000; i++) {
      TlbSpace space = caches.spaces().of(Regime.EL1, i & 3, i >> 2, false);
      spaces.add(space);
      caches.tlb().insert(space, VA, page(4096L * i));
    }
    for (int i = 0; i < spaces.size(); i++) {
      TlbSpace again = caches.spaces().of(Regime.EL1, i & 3, i >> 2, false);
      assertThat(again).isSameAs(spaces.get(i));
      assertThat(caches.tlb().peek(again, global(), VA)).isEqualTo(page(4096L * i));
    }
    caches.nhAll(2, EXACT);
    assertThat(caches.tlb().resident()).isEqualTo(30_000);
  }

  @Test
  void broadcastsThatMatchAnAsidSpareContextsThatDoNotShareTheirs() {
    TlbSpace shared = caches.spaces().of(Regime.EL1, 0, 1, false);
    TlbSpace sharedGlobal = caches.spaces().global(Regime.EL1, 0, false);
    TlbSpace[] all = {shared, sharedGlobal, own(1), global()};
    TlbSpace otherVmid = caches.spaces().of(Regime.EL1, 1, 1, false);

    assertThat(survivors(all, () -> caches.broadcastAsid(Regime.EL1, EXACT, 1))).isEqualTo("-ggg");
    assertThat(survivors(all, () -> caches.broadcastAsid(Regime.EL1, EXACT, 2))).isEqualTo("gggg");
    assertThat(survivors(all, () -> caches.broadcastVa(Regime.EL1, EXACT, 1, VA, true)))
        .isEqualTo("--gg");
    assertThat(survivors(all, () -> caches.broadcastVa(Regime.EL1, EXACT, 2, VA, true)))
        .isEqualTo("g-gg");
    assertThat(survivors(all, () -> caches.broadcastVa(Regime.EL1, EXACT, 1, VA + 4096, true)))
        .isEqualTo("gggg");
    assertThat(survivors(all, () -> caches.broadcastVaa(Regime.EL1, EXACT, VA, true)))
        .isEqualTo("----");
    assertThat(survivors(all, () -> caches.broadcastAll(Regime.EL1, EXACT))).isEqualTo("----");
    assertThat(survivors(all, () -> caches.broadcastAll(Regime.EL2_E2H, EXACT))).isEqualTo("gggg");
    TlbSpace[] other = {otherVmid};
    assertThat(survivors(other, () -> caches.broadcastAll(Regime.EL1, EXACT))).isEqualTo("g");
    assertThat(survivors(other, () -> caches.broadcastAll(Regime.EL1, EXACT & ~1))).isEqualTo("-");
  }

  @Test
  void broadcastsOfALeafSpareTheTablesAboveIt() {
    TlbSpace shared = caches.spaces().of(Regime.EL1, 0, 1, false);
    caches.walkCache().insert(shared, VA, 3, 21, 0x5000, 0);
    caches.broadcastVa(Regime.EL1, EXACT, 1, VA, true);
    assertThat(caches.walkCache().lookup(shared, VA, 3, 21)).isNotZero();
    caches.broadcastVa(Regime.EL1, EXACT, 1, VA, false);
    assertThat(caches.walkCache().lookup(shared, VA, 3, 21)).isZero();
  }

  /** A range over the whole address space is no longer than a pass over the entries. */
  @Test
  void invalidatesTheLargestRangeInAllSpacesAtOnce() {
    caches = caches(1 << 16, 4);
    for (int i = 0; i < 1 << 16; i++) {
      caches.tlb().insert(own(i), 4096L * i, page(0));
    }
    AddressRange everything = new AddressRange().range(0, 1L << 52, 12, 0, false);
    caches.nhVaa(0, EXACT, everything);
    assertThat(caches.tlb().resident()).isZero();
  }

  @Test
  void refusesMoreEntriesThanItHasTagsFor() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> caches(1 << 20, 4))
        .withMessageContaining("together they can have 524288");
  }

  private String survivors(TlbSpace[] spaces, Runnable invalidation) {
    for (TlbSpace space : spaces) {
      caches.tlb().insert(space, VA, page(0x1000));
    }
    invalidation.run();
    StringBuilder seen = new StringBuilder();
    for (TlbSpace space : spaces) {
      seen.append(caches.tlb().peek(space, space, VA) == 0 ? '-' : 'g');
    }
    return seen.toString();
  }

  private List<Boolean> present(int pages) {
    List<Boolean> present = new ArrayList<>();
    for (int i = 0; i < pages; i++) {
      present.add(caches.tlb().peek(own(1), global(), VA + 4096L * i) != 0);
    }
    return present;
  }
}

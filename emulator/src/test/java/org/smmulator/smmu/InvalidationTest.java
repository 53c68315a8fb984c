package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

class InvalidationTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;
  private static final long MOVED = PA + 0x10_0000L;

  private BareGuest guest = BareGuest.up(SmmuFeatures.defaults());

  private long missesOf(Runnable accesses) {
    long before = guest.smmu.counters().of(SmmuCounter.WALKS);
    accesses.run();
    return guest.smmu.counters().of(SmmuCounter.WALKS) - before;
  }

  /**
   * Each row: a command, and which of four cached pages it must drop: that of ASID 1 at the
   * address, that of ASID 2 at the address, the global one at the next address, that of ASID 1
   * elsewhere.
   */
  @ParameterizedTest
  @CsvSource({
    "TLBI_NH_ALL, 0, 0, DDDD",
    "TLBI_NSNH_ALL, 0, 0, DDDD",
    "TLBI_NH_ASID, 1, 0, DKKD",
    "TLBI_NH_ASID, 2, 0, KDKK",
    "TLBI_NH_ASID, 3, 0, KKKK",
    "TLBI_NH_VA, 1, 0, DKKK",
    "TLBI_NH_VA, 2, 0, KDKK",
    "TLBI_NH_VA, 3, 0, KKKK",
    "TLBI_NH_VA, 3, 4096, KKDK",
    "TLBI_NH_VA, 1, 8192, KKKD",
    "TLBI_NH_VAA, 3, 0, DDKK",
    "TLBI_NH_VAA, 3, 4096, KKDK"
  })
  void dropsWhatTheCommandNamesAndNothingElse(
      String command, int asid, long offset, String dropped) {
    long first = guest.translatingStream(5, 1);
    long second = guest.translatingStream(6, 2);
    Structure global = BareGuest.page(PA).set("ng", 0);
    guest.map(first, VA, PA);
    guest.map(second, VA, PA);
    guest.map(first, VA + 4096, 3, global);
    guest.map(first, VA + 8192, PA);
    Runnable[] accesses = {
      () -> guest.read(5, NONE, VA),
      () -> guest.read(6, NONE, VA),
      () -> guest.read(5, NONE, VA + 4096),
      () -> guest.read(5, NONE, VA + 8192)
    };
    for (Runnable access : accesses) {
      assertThat(missesOf(access)).isEqualTo(1);
      assertThat(missesOf(access)).isZero();
    }

    Structure invalidation = Structure.command(command);
    if (command.contains("VA")) {
      invalidation.set("address", VA + offset).set("leaf", 1);
    }
    if (asid != 0 && !command.equals("TLBI_NH_VAA")) {
      invalidation.set("asid", asid);
    }
    guest.perform(invalidation);

    StringBuilder seen = new StringBuilder();
    for (Runnable access : accesses) {
      seen.append(missesOf(access) == 0 ? 'K' : 'D');
    }
    assertThat(seen).hasToString(dropped);
  }

  @ParameterizedTest
  @CsvSource({"1, 0x3fffffff", "2, 0x1fffff", "3, 0xfff"})
  void anAddressAnywhereInALeafDropsIt(int level, String lastOffset) {
    long root = guest.translatingStream(5, 1);
    long va = 0x40_0000_0000L;
    guest.map(root, va, level, level == 3 ? BareGuest.page(PA) : BareGuest.block(PA));
    guest.read(5, NONE, va);
    long last = Long.decode(lastOffset);

    guest.perform(
        Structure.command("TLBI_NH_VA").set("asid", 1).set("address", (va + last + 1) & ~0xfffL));
    assertThat(missesOf(() -> guest.read(5, NONE, va))).isZero();

    guest.perform(
        Structure.command("TLBI_NH_VA").set("asid", 1).set("address", (va + last) & ~0xfffL));
    assertThat(missesOf(() -> guest.read(5, NONE, va))).isEqualTo(1);
  }

  @Test
  void theUpperHalfIsInvalidatedByItsOwnAddresses() {
    long upper = guest.allocate(4096);
    long cd = guest.allocate(64);
    guest.store(
        cd,
        BareGuest.cd(1, 0)
            .set("epd0", 1)
            .set("epd1", 0)
            .set("t1sz", 16)
            .set("tg1", 2)
            .set("ttb1", upper));
    guest.storeSte(5, BareGuest.translatingSte(cd));
    long va = 0xffff_8000_0000_0000L;
    guest.map(upper, va & 0xffff_ffff_ffffL, PA);
    guest.read(5, NONE, va);

    guest.perform(
        Structure.command("TLBI_NH_VA").set("asid", 1).set("address", va & 0xffff_ffff_ffffL));
    assertThat(missesOf(() -> guest.read(5, NONE, va))).isZero();
    guest.perform(Structure.command("TLBI_NH_VA").set("asid", 1).set("address", va));
    assertThat(missesOf(() -> guest.read(5, NONE, va))).isEqualTo(1);
  }

  @Test
  void streamsOfOneAsidShareTranslations() {
    long root = guest.translatingStream(5, 1);
    guest.translatingStream(6, 1);
    guest.map(root, VA, PA);
    guest.read(5, NONE, VA);
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA);
  }

  @Test
  void globalTranslationsServeEveryAsidOfTheirAset() {
    long root = guest.translatingStream(5, 1);
    guest.translatingStream(6, 2);
    guest.map(root, VA, 3, BareGuest.page(PA).set("ng", 0));
    guest.read(5, NONE, VA);
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA);

    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(3, guest.allocate(4096)).set("aset", 0));
    guest.storeSte(7, BareGuest.translatingSte(cd));
    assertThat(guest.access(7, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
  }

  @Test
  void faultsAreNotCachedButPermissionsAre() {
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, 3, BareGuest.page(PA).set("af", 0));
    assertThat(guest.access(5, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    guest.map(root, VA, 3, BareGuest.page(PA).set("ap2", 1));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);

    guest.map(root, VA, 3, BareGuest.page(PA));
    assertThat(guest.access(5, NONE, VA, true)).isEqualTo(Outcome.FAULTED);
    guest.perform(Structure.command("TLBI_NH_VA").set("asid", 1).set("address", VA));
    assertThat(guest.access(5, NONE, VA, true)).isEqualTo(Outcome.TRANSLATED);
  }

  @Test
  void theLeastRecentlyUsedPageMakesRoom() {
    guest = BareGuest.up();
    long root = guest.translatingStream(5, 1);
    for (int i = 0; i < 3; i++) {
      guest.map(root, VA + 4096L * i, PA);
    }
    guest.read(5, NONE, VA);
    guest.read(5, NONE, VA + 4096);
    guest.read(5, NONE, VA);
    guest.read(5, NONE, VA + 8192);
    assertThat(missesOf(() -> guest.read(5, NONE, VA))).isZero();
    assertThat(missesOf(() -> guest.read(5, NONE, VA + 8192))).isZero();
    assertThat(missesOf(() -> guest.read(5, NONE, VA + 4096))).isEqualTo(1);
    assertThat(guest.smmu.counters().cache(SmmuCache.TLB).of(CacheCounter.LOOKUPS)).isEqualTo(7);
    assertThat(guest.smmu.counters().cache(SmmuCache.TLB).of(CacheCounter.HITS)).isEqualTo(3);
  }

  // Walk cache

  private long cachedWalk() {
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, PA);
    guest.map(root, VA + 4096, PA + 4096);
    guest.read(5, NONE, VA);
    return root;
  }

  private long readsOf(Runnable access) {
    long before = guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS);
    access.run();
    return guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS) - before;
  }

  @Test
  void aWalkStartsAtTheDeepestCachedTable() {
    cachedWalk();
    assertThat(readsOf(() -> guest.read(5, NONE, VA + 4096))).isEqualTo(1);
  }

  @Test
  void aWalkCacheOfNoEntriesCachesNothing() {
    guest =
        BareGuest.up(SmmuFeatures.defaults().withCaches(new SmmuFeatures.Caches(1024, 4, 0, 256)));
    cachedWalk();
    assertThat(readsOf(() -> guest.read(5, NONE, VA + 4096))).isEqualTo(4);
    guest.perform(Structure.command("TLBI_NH_VA").set("asid", 1).set("address", VA));
    guest.perform(Structure.command("TLBI_NH_VAA").set("address", VA));
    assertThat(readsOf(() -> guest.read(5, NONE, VA))).isEqualTo(4);
  }

  @Test
  void cachedTablesKeepTheLimitsAboveThem() {
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, PA);
    guest.map(root, VA + 4096, PA + 4096);
    long top = BareGuest.descriptorAddress(root, VA, 0);
    guest.store(top, guest.load(top) | 2L << 61);
    guest.read(5, NONE, VA);
    assertThat(readsOf(() -> guest.access(5, NONE, VA + 4096, true))).isEqualTo(1);
    assertThat(guest.tx.outcome()).isEqualTo(Outcome.FAULTED);
  }

  @ParameterizedTest
  @CsvSource({
    "TLBI_NH_VA, 1, 0, 4",
    "TLBI_NH_VA, 2, 0, 1",
    "TLBI_NH_VA, 1, 1, 1",
    "TLBI_NH_VAA, 0, 0, 4",
    "TLBI_NH_VAA, 0, 1, 1",
    "TLBI_NH_ASID, 1, 0, 4",
    "TLBI_NH_ASID, 2, 0, 1",
    "TLBI_NH_ALL, 0, 0, 4"
  })
  void onlyNonLeafInvalidationsDropTables(String command, int asid, int leaf, int reads) {
    cachedWalk();
    Structure invalidation = Structure.command(command).set("leaf", leaf);
    if (asid != 0) {
      invalidation.set("asid", asid);
    }
    if (command.contains("VA")) {
      invalidation.set("address", VA);
    }
    guest.perform(invalidation);
    assertThat(readsOf(() -> guest.read(5, NONE, VA + 4096))).isEqualTo(reads);
  }

  @Test
  void tablesAreNotSharedBetweenAsidsOrHalves() {
    cachedWalk();
    long other = guest.translatingStream(6, 2);
    guest.map(other, VA, MOVED);
    assertThat(guest.read(6, NONE, VA)).isEqualTo(MOVED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLBI_NH_VA", "TLBI_NH_VAA"})
  void withoutAnInvalidationTheOldTranslationStays(String command) {
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, PA);
    guest.read(5, NONE, VA);
    guest.map(root, VA, MOVED);
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
    Structure invalidation = Structure.command(command).set("address", VA);
    guest.perform(command.equals("TLBI_NH_VA") ? invalidation.set("asid", 1) : invalidation);
    assertThat(guest.read(5, NONE, VA)).isEqualTo(MOVED);
  }
}

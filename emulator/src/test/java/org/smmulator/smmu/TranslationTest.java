package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

class TranslationTest {
  private static final int NONE = BareGuest.NONE;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  private final BareGuest guest = BareGuest.up();
  private final long root = guest.allocate(4096);
  private final long cd = guest.allocate(64);

  TranslationTest() {
    context(BareGuest.cd(1, root));
  }

  /** Stream 5 translates through this context from now on. */
  private void context(Structure descriptor) {
    guest.store(cd, descriptor);
    guest.storeSte(5, BareGuest.translatingSte(cd));
    guest.invalidateAll();
  }

  private Structure fault(String event, long address, boolean write) {
    assertThat(guest.access(5, NONE, address, write)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.tx.isRazWi()).isFalse();
    Structure record = guest.takeEvent();
    assertThat(record.get("id")).isEqualTo(Vectors.event(event));
    assertThat(record.get("input")).isEqualTo(address);
    assertThat(record.get("rnw")).isEqualTo(write ? 0 : 1);
    assertThat(record.get("s2")).isZero();
    return record;
  }

  @Test
  void walksFourLevelsToAPage() {
    guest.map(root, VA, PA);
    assertThat(guest.read(5, NONE, VA + 0xabc)).isEqualTo(PA + 0xabc);
    assertThat(guest.smmu.counters().of(SmmuCounter.WALKS)).isEqualTo(1);
    assertThat(guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS)).isEqualTo(4);
    assertThat(guest.smmu.counters().of(SmmuCounter.TRANSLATIONS)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"1, 0x7fffc0000000, 0x3fffffff", "2, 0x7fff12200000, 0x1fffff"})
  void aBlockTranslatesAllOfItsRange(int level, String va, String offset) {
    long start = Long.decode(va);
    long last = Long.decode(offset);
    guest.map(root, start, level, BareGuest.block(0x40_0000_0000L));
    assertThat(guest.read(5, NONE, start)).isEqualTo(0x40_0000_0000L);
    assertThat(guest.read(5, NONE, start + last)).isEqualTo(0x40_0000_0000L + last);
    assertThat(guest.smmu.counters().of(SmmuCounter.WALKS)).isEqualTo(1);
  }

  @Test
  void addressBitsBelowABlockAreIgnored() {
    // Bit 16 of a block is nT, which must never fault.
    guest.map(root, 0, 2, BareGuest.block(0x40_0000_0000L | 1 << 16));
    assertThat(guest.read(5, NONE, 0x1_0008)).isEqualTo(0x40_0001_0008L);
  }

  @ParameterizedTest
  @CsvSource({"16, 0", "24, 0", "25, 1", "33, 1", "34, 2", "39, 2"})
  void theSizeOfTheInputDecidesWhereTheWalkStarts(int t0sz, int startLevel) {
    context(BareGuest.cd(1, root).set("t0sz", t0sz));
    long top = (1L << (64 - t0sz)) - 4096;
    long table = root;
    for (int level = startLevel; level < 3; level++) {
      long next = guest.allocate(4096);
      guest.store(BareGuest.descriptorAddress(table, top, level), BareGuest.table(next));
      table = next;
    }
    guest.store(BareGuest.descriptorAddress(table, top, 3), BareGuest.page(PA));

    assertThat(guest.read(5, NONE, top)).isEqualTo(PA);
    assertThat(guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS)).isEqualTo(4 - startLevel);
    assertThat(fault("F_TRANSLATION", top + 4096, false).get("class")).isEqualTo(2);
  }

  @Test
  void aShortFirstTableIsAlignedToItsSize() {
    // 40 input bits: level 0 has 2 entries, 16 bytes.
    context(BareGuest.cd(1, root + 0x10).set("t0sz", 24));
    long next = guest.allocate(4096);
    guest.store(root + 0x18, BareGuest.table(next));
    guest.store(next, BareGuest.block(0x40_0000_0000L));
    assertThat(guest.read(5, NONE, 1L << 39)).isEqualTo(0x40_0000_0000L);
  }

  @Test
  void theUpperHalfHasTablesOfItsOwn() {
    long upper = guest.allocate(4096);
    context(BareGuest.cd(1, root).set("epd1", 0).set("t1sz", 25).set("tg1", 2).set("ttb1", upper));
    long va = 0xffff_ffff_ffff_f000L;
    long level2 = guest.allocate(4096);
    long level3 = guest.allocate(4096);
    guest.store(upper + 8 * 511, BareGuest.table(level2));
    guest.store(level2 + 8 * 511, BareGuest.table(level3));
    guest.store(level3 + 8 * 511, BareGuest.page(PA));
    guest.map(root, 0x0000_ffff_ffff_f000L, PA + 0x1000);

    assertThat(guest.read(5, NONE, va)).isEqualTo(PA);
    assertThat(guest.read(5, NONE, 0x0000_ffff_ffff_f000L)).isEqualTo(PA + 0x1000);
    assertThat(guest.read(5, NONE, va)).isEqualTo(PA);
    fault("F_TRANSLATION", 0xffff_ff7f_ffff_f000L, false);
    fault("F_TRANSLATION", 0x7fff_ffff_ffff_f000L, false);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 48, 1L << 63, 0x0100_7fff_1234_5000L, 0x00ff_7fff_1234_5000L})
  void addressesBetweenTheHalvesDoNotTranslate(long address) {
    guest.map(root, VA, PA);
    guest.read(5, NONE, VA);
    fault("F_TRANSLATION", address, true);
  }

  @Test
  void theTopByteIsIgnoredIfTheContextSaysSo() {
    guest.map(root, VA, PA);
    context(BareGuest.cd(1, root).set("tbi0", 1));
    assertThat(guest.read(5, NONE, 0xab00_0000_0000_0000L | VA)).isEqualTo(PA);
    fault("F_TRANSLATION", 0xab01_0000_0000_0000L | VA, false);
  }

  @Test
  void aDisabledHalfDoesNotWalkButUsesWhatTheTlbHolds() {
    guest.map(root, VA, PA);
    guest.read(5, NONE, VA);
    guest.store(cd, BareGuest.cd(1, 0).set("epd0", 1));
    guest.perform(Structure.command("CFGI_CD").set("stream", 5));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);

    guest.perform(Structure.command("TLBI_NH_ASID").set("asid", 1));
    fault("F_TRANSLATION", VA, false);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 1", "1, 0", "2, 0", "3, 0", "3, 1"})
  void descriptorsThatAreInvalidAtTheirLevel(int level, int kind) {
    // kind 0: bit 0 clear; kind 1: a block at level 0, the reserved encoding at level 3.
    Structure descriptor = kind == 0 ? BareGuest.page(PA).set("valid", 0) : BareGuest.block(PA);
    guest.map(root, VA, level, descriptor);
    assertThat(fault("F_TRANSLATION", VA, false).get("class")).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void everyDescriptorIsCheckedAgainstTheIntermediateSize(int level) {
    context(BareGuest.cd(1, root).set("ips", 0));
    Structure beyond = level < 3 ? BareGuest.table(1L << 32) : BareGuest.page(1L << 32);
    guest.map(root, VA, level, beyond.set("table", 1));
    fault("F_ADDR_SIZE", VA, false);
  }

  @Test
  void theSmallerOfIpsAndOutputSizeCounts() {
    BareGuest narrow = BareGuest.up(BareGuest.smallCaches().change(f -> f.outputAddressBits(36)));
    long table = narrow.translatingStream(5, 1);
    narrow.map(table, VA, 1L << 36);
    narrow.map(table, VA + 4096, (1L << 36) - 4096);
    assertThat(narrow.access(5, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(narrow.takeEvent().get("id")).isEqualTo(Vectors.event("F_ADDR_SIZE"));
    assertThat(narrow.read(5, NONE, VA + 4096)).isEqualTo((1L << 36) - 4096);
  }

  @Test
  void aClearAccessFlagFaultsBeforePermissionsUnlessIgnored() {
    guest.map(root, VA, 3, BareGuest.page(PA).set("af", 0).set("ap2", 1));
    fault("F_ACCESS", VA, true);

    context(BareGuest.cd(1, root).set("affd", 1));
    fault("F_PERMISSION", VA, true);
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void anUnreadableDescriptorIsReportedWithItsAddressAndAlwaysAborts(int level) {
    context(BareGuest.cd(1, root).set("a", 0).set("r", 0));
    guest.map(root, VA, PA);
    long table = root;
    for (int l = 0; l < level; l++) {
      table = guest.load(BareGuest.descriptorAddress(table, VA, l)) & ~0xfffL;
    }
    guest.memory.abortPageOf(table);
    Structure event = fault("F_WALK_EABT", VA, true);
    assertThat(event.get("class")).isEqualTo(1);
    assertThat(event.get("fetch")).isEqualTo(BareGuest.descriptorAddress(table, VA, level));

    guest.memory.abortNothing();
    assertThat(guest.access(5, NONE, VA, true)).isEqualTo(Outcome.TRANSLATED);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 1", "1, 0", "1, 1"})
  void theContextDecidesHowATranslationFaultEnds(int a, int r) {
    context(BareGuest.cd(1, root).set("a", a).set("r", r));
    Outcome outcome = guest.access(5, NONE, VA, false);
    assertThat(outcome).isEqualTo(r == 1 ? Outcome.FAULTED : Outcome.TERMINATED);
    assertThat(guest.tx.isRazWi()).isEqualTo(a == 0);
    assertThat(guest.takeEvents()).hasSize(r);
  }

  @Test
  void anEventKeepsNothingOfTheOneBefore() {
    guest.memory.abortPageOf(root);
    fault("F_WALK_EABT", VA, false);
    guest.memory.abortNothing();
    assertThat(fault("F_TRANSLATION", VA, false).word(3)).isZero();
  }

  @Test
  void theEventSaysWhoDidWhat() {
    long table = guest.allocate(64 * 16);
    guest.store(table + 64 * 3, BareGuest.cd(1, root));
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4));
    guest.invalidateAll();

    guest.access(5, 3, VA + 8, false, true, true);
    Structure fetch = guest.takeEvent();
    assertThat(fetch.get("ssv")).isEqualTo(1);
    assertThat(fetch.get("substream")).isEqualTo(3);
    assertThat(fetch.get("stream")).isEqualTo(5);
    assertThat(fetch.get("pnu")).isEqualTo(1);
    assertThat(fetch.get("ind")).isEqualTo(1);
    assertThat(fetch.get("rnw")).isEqualTo(1);
    assertThat(fetch.get("input")).isEqualTo(VA + 8);

    // A write is data, whatever came with it.
    guest.access(5, 3, VA, true, false, true);
    Structure write = guest.takeEvent();
    assertThat(write.get("pnu")).isZero();
    assertThat(write.get("ind")).isZero();
    assertThat(write.get("rnw")).isZero();
  }

  /**
   * Who may do what, one row for each combination: unprivileged read, write, execute, privileged
   * read, write, execute.
   */
  @ParameterizedTest
  @CsvSource({
    // ap1, ap2, uxn, pxn, wxn, pan, may
    "0, 0, 0, 0, 0, 0, --xrwx",
    "1, 0, 0, 0, 0, 0, rwxrw-",
    "0, 1, 0, 0, 0, 0, --xr-x",
    "1, 1, 0, 0, 0, 0, r-xr-x",
    "1, 1, 1, 0, 0, 0, r--r-x",
    "1, 1, 0, 1, 0, 0, r-xr--",
    "0, 0, 1, 1, 0, 0, ---rw-",
    "0, 0, 0, 0, 1, 0, --xrw-",
    "1, 0, 0, 0, 1, 0, rw-rw-",
    "1, 1, 0, 0, 1, 0, r-xr-x",
    "1, 0, 0, 0, 0, 1, rwx---",
    "1, 1, 0, 0, 0, 1, r-x--x",
    "0, 0, 0, 0, 0, 1, --xrwx"
  })
  void permissionsOfALeaf(int ap1, int ap2, int uxn, int pxn, int wxn, int pan, String may) {
    context(BareGuest.cd(1, root).set("wxn", wxn).set("pan", pan));
    Structure leaf =
        BareGuest.page(PA).set("ap1", ap1).set("ap2", ap2).set("uxn", uxn).set("pxn", pxn);
    guest.map(root, VA, 3, leaf);
    assertThat(permissions(VA)).isEqualTo(may);
    // The same from the TLB.
    assertThat(permissions(VA)).isEqualTo(may);
    assertThat(guest.smmu.counters().of(SmmuCounter.WALKS)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0, 0, --xrwx",
    "2, 0, 0, r-xr-x",
    "3, 0, 0, --xr-x",
    "0, 1, 0, rw-rw-",
    "0, 0, 1, rwxrw-",
    "2, 0, 1, r-xr--"
  })
  void tableDescriptorsLimitWhatIsBelowUnlessTheContextIgnoresThem(
      int aptable, int uxntable, int pxntable, String may) {
    guest.map(root, VA, 3, BareGuest.page(PA));
    for (int level = 0; level < 3; level++) {
      long table = root;
      for (int l = 0; l < level; l++) {
        table = guest.load(BareGuest.descriptorAddress(table, VA, l)) & 0xffff_ffff_f000L;
      }
      long at = BareGuest.descriptorAddress(table, VA, level);
      long before = guest.load(at);
      Structure limits =
          new Structure("pte", 1)
              .set("aptable", aptable)
              .set("uxntable", uxntable)
              .set("pxntable", pxntable);
      guest.store(at, before | limits.word(0));

      guest.invalidateAll();
      assertThat(permissions(VA)).isEqualTo(may);
      guest.store(cd, BareGuest.cd(1, root).set("had0", 1));
      guest.invalidateAll();
      assertThat(permissions(VA)).isEqualTo("rwxrw-");

      guest.store(cd, BareGuest.cd(1, root));
      guest.store(at, before);
    }
  }

  private String permissions(long va) {
    StringBuilder may = new StringBuilder();
    for (boolean privileged : new boolean[] {false, true}) {
      may.append(may(va, false, privileged, false) ? 'r' : '-');
      may.append(may(va, true, privileged, false) ? 'w' : '-');
      may.append(may(va, false, privileged, true) ? 'x' : '-');
    }
    return may.toString();
  }

  private boolean may(long va, boolean write, boolean privileged, boolean execute) {
    Outcome outcome = guest.access(5, NONE, va, write, privileged, execute);
    if (outcome == Outcome.FAULTED) {
      assertThat(guest.takeEvent().get("id")).isEqualTo(Vectors.event("F_PERMISSION"));
    }
    return outcome == Outcome.TRANSLATED;
  }
}

package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

/** Geometry of stage 1 tables: granules, first levels, blocks, 52-bit addresses. */
class GranuleTest {
  private static final int NONE = BareGuest.NONE;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  private BareGuest guest = BareGuest.up();
  private long cd = guest.allocate(64);

  private static int log2(int granuleKib) {
    return 10 + Integer.numberOfTrailingZeros(granuleKib);
  }

  /** The code of a granule in TG0. */
  private static int tg0(int granuleKib) {
    return granuleKib == 4 ? 0 : granuleKib == 64 ? 1 : 2;
  }

  /** The code of a granule in TG1, which is another one. */
  private static int tg1(int granuleKib) {
    return granuleKib == 16 ? 1 : granuleKib == 4 ? 2 : 3;
  }

  private void use(String features) {
    guest = BareGuest.up(Variants.of(features));
    cd = guest.allocate(64);
  }

  private void context(Structure descriptor) {
    guest.store(cd, descriptor);
    guest.storeSte(5, BareGuest.translatingSte(cd));
    guest.invalidateAll();
  }

  private String fault(long address) {
    assertThat(guest.access(5, NONE, address, false)).isEqualTo(Outcome.FAULTED);
    return TwoStages.describe(guest.takeEvent());
  }

  @ParameterizedTest
  @CsvSource({
    "4, 16, 0",
    "4, 24, 0",
    "4, 25, 1",
    "4, 33, 1",
    "4, 34, 2",
    "4, 42, 2",
    "4, 43, 3",
    "4, 48, 3",
    "16, 16, 0",
    "16, 17, 1",
    "16, 27, 1",
    "16, 28, 2",
    "16, 38, 2",
    "16, 39, 3",
    "16, 48, 3",
    "64, 12, 1",
    "64, 21, 1",
    "64, 22, 2",
    "64, 34, 2",
    "64, 35, 3",
    "64, 47, 3"
  })
  void theSizeOfTheInputDecidesWhereTheWalkStarts(int granuleKib, int txsz, int firstLevel) {
    int bits = 64 - txsz;
    long page = 1L << log2(granuleKib);
    Tables lower = new Tables(guest, log2(granuleKib), bits, firstLevel);
    Tables upper = new Tables(guest, log2(granuleKib), bits, firstLevel);
    context(
        BareGuest.cd(1, lower.root())
            .with("epd1=0 t0sz=" + txsz + " t1sz=" + txsz)
            .set("tg0", tg0(granuleKib))
            .set("tg1", tg1(granuleKib))
            .set("ttb1", upper.root()));
    long top = (1L << bits) - page;
    lower.map(top, 3, BareGuest.page(PA));
    upper.map(-page, 3, BareGuest.page(PA + page));
    upper.map(-(1L << bits), 3, BareGuest.page(PA + 2 * page));

    assertThat(guest.read(5, NONE, top + 8)).isEqualTo(PA + 8);
    assertThat(guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS)).isEqualTo(4 - firstLevel);
    assertThat(guest.read(5, NONE, top + page - 8)).isEqualTo(PA + page - 8);
    assertThat(guest.read(5, NONE, -8)).isEqualTo(PA + 2 * page - 8);
    assertThat(guest.read(5, NONE, -(1L << bits))).isEqualTo(PA + 2 * page);
    assertThat(fault(top + page)).isEqualTo("F_TRANSLATION S1 IN");
    assertThat(fault(-(1L << bits) - 8)).isEqualTo("F_TRANSLATION S1 IN");
  }

  @ParameterizedTest
  @CsvSource({
    "48, 4, 0, 0",
    "48, 4, 1, 30",
    "48, 4, 2, 21",
    "48, 4, 3, 0",
    "48, 16, 0, 0",
    "48, 16, 1, 0",
    "48, 16, 2, 25",
    "48, 16, 3, 0",
    "48, 64, 1, 0",
    "52, 64, 1, 42",
    "48, 64, 2, 29",
    "48, 64, 3, 0",
    "52, 4, 0, 0",
    "52, 16, 1, 0"
  })
  void blocksTranslateAtTheirLevelsAndAreInvalidElsewhere(
      int oas, int granuleKib, int level, int sizeLog2) {
    use("oas=" + oas);
    Tables tables = new Tables(guest, log2(granuleKib), 48, granuleKib == 64 ? 1 : 0);
    context(
        BareGuest.cd(1, tables.root()).set("tg0", tg0(granuleKib)).set("ips", oas == 52 ? 6 : 5));
    tables.map(0x400_0000_0000L, level, BareGuest.block(0x800_0000_0000L));
    long last = (1L << Math.max(sizeLog2, 12)) - 8;

    if (sizeLog2 == 0) {
      assertThat(fault(0x400_0000_0000L)).isEqualTo("F_TRANSLATION S1 IN");
    } else {
      assertThat(guest.read(5, NONE, 0x400_0000_0000L)).isEqualTo(0x800_0000_0000L);
      assertThat(guest.read(5, NONE, 0x400_0000_0000L + last)).isEqualTo(0x800_0000_0000L + last);
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 3", "4, 2", "16, 3", "64, 3", "64, 2"})
  void theContiguousBitIsOnlyAHint(int granuleKib, int level) {
    Tables tables = new Tables(guest, log2(granuleKib), 48, granuleKib == 64 ? 1 : 0);
    context(BareGuest.cd(1, tables.root()).set("tg0", tg0(granuleKib)));
    long size = 1L << (log2(granuleKib) + (3 - level) * (log2(granuleKib) - 3));
    for (int i = 0; i < 4; i++) {
      Structure leaf = BareGuest.page(0x80_0000_0000L + i * size).set("contiguous", 1);
      tables.map(i * size, level, leaf.set("table", level == 3 ? 1 : 0));
    }
    for (int i = 0; i < 4; i++) {
      assertThat(guest.read(5, NONE, i * size + 8)).isEqualTo(0x80_0000_0000L + i * size + 8);
    }
  }

  // 52 bits

  private Tables wide(int ips, int granuleKib) {
    use("oas=52");
    Tables tables = new Tables(guest, log2(granuleKib), 48, granuleKib == 64 ? 1 : 0);
    context(BareGuest.cd(1, tables.root()).set("tg0", tg0(granuleKib)).set("ips", ips));
    return tables;
  }

  @Test
  void aPageOf64KiBMayLieAbove48Bits() {
    wide(6, 64).map(0x1_0000, 3, BareGuest.page(0x5678_0000L).set("high", 0xf));
    assertThat(guest.read(5, NONE, 0x1_2345)).isEqualTo(0xf_0000_5678_2345L);
  }

  @Test
  void soMayABlockOf512MiB() {
    wide(6, 64).map(0x2000_0000L, 2, BareGuest.block(0x2000_0000L).set("high", 3));
    assertThat(guest.read(5, NONE, 0x2345_6789L)).isEqualTo(0x3_0000_2345_6789L);
  }

  @Test
  void soMayATable() {
    Tables tables = wide(6, 64);
    guest.store(tables.slot(0, 1), BareGuest.table(0x4000_0000L).set("high", 2));
    assertThat(guest.access(5, NONE, 0x2000_0000L, false)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(TwoStages.describe(event)).isEqualTo("F_WALK_EABT S1 TT");
    assertThat(event.get("fetch")).isEqualTo(0x2_0000_4000_0008L);
  }

  @Test
  void theHighBitsCountAgainstTheIntermediateSize() {
    wide(5, 64).map(0, 3, BareGuest.page(0).set("high", 1));
    assertThat(fault(0)).isEqualTo("F_ADDR_SIZE S1 IN");
  }

  @Test
  void otherGranulesHaveNoHighBits() {
    wide(6, 4).map(0, 3, BareGuest.page(0x5678_f000L));
    assertThat(guest.read(5, NONE, 8)).isEqualTo(0x5678_f008L);
    wide(6, 16).map(0, 3, BareGuest.page(0x5678_0000L).set("high", 3));
    assertThat(guest.read(5, NONE, 8)).isEqualTo(0x5678_0008L);
  }

  @Test
  void inputsOf52BitsNeedTheFeatureAnd64KiB() {
    Tables tables = new Tables(guest, 16, 52, 1);
    context(BareGuest.cd(1, tables.root()).with("t0sz=12 tg0=1"));
    tables.map(0xf_0000_0001_0000L, 3, BareGuest.page(PA));
    assertThat(guest.read(5, NONE, 0xf_0000_0001_0008L)).isEqualTo(PA + 8);
    assertThat(fault(0x10_0000_0001_0000L)).isEqualTo("F_TRANSLATION S1 IN");
  }

  @ParameterizedTest
  @CsvSource({"6, 0x00", "5, 0x10"})
  void withA52BitOutputEvenASmallFirstTableIsAlignedTo64Bytes(int ips, String used) {
    use("oas=52");
    long root = guest.allocate(4096);
    // 43 input bits: level 1 has two entries, 16 bytes.
    context(BareGuest.cd(1, root + 0x10).with("t0sz=21 tg0=1").set("ips", ips));
    long table = guest.allocate(1 << 16);
    guest.store(root + Long.decode(used), BareGuest.table(table));
    guest.store(table, BareGuest.block(0x2000_0000L));
    assertThat(guest.read(5, NONE, 0x1234)).isEqualTo(0x2000_1234L);
  }

  // The halves

  @Test
  void eachHalfHasItsOwnTopByteRule() {
    Tables lower = new Tables(guest, 12, 48, 0);
    Tables upper = new Tables(guest, 12, 48, 0);
    lower.map(0x1000, 3, BareGuest.page(PA));
    upper.map(-0x1000, 3, BareGuest.page(PA + 0x1000));
    Structure both =
        BareGuest.cd(1, lower.root()).with("epd1=0 t1sz=16 tg1=2").set("ttb1", upper.root());

    context(both.with("tbi0=0 tbi1=1"));
    assertThat(guest.read(5, NONE, 0x00ff_ffff_ffff_f000L)).isEqualTo(PA + 0x1000);
    assertThat(fault(0xff00_0000_0000_1000L)).isEqualTo("F_TRANSLATION S1 IN");

    context(both.with("tbi0=1 tbi1=0"));
    assertThat(guest.read(5, NONE, 0xff00_0000_0000_1000L)).isEqualTo(PA);
    assertThat(fault(0x00ff_ffff_ffff_f000L)).isEqualTo("F_TRANSLATION S1 IN");
  }

  @Test
  void eachHalfCanBeSwitchedOffByItself() {
    Tables lower = new Tables(guest, 12, 48, 0);
    Tables upper = new Tables(guest, 12, 48, 0);
    lower.map(0x1000, 3, BareGuest.page(PA));
    upper.map(-0x1000, 3, BareGuest.page(PA));
    Structure both =
        BareGuest.cd(1, lower.root()).with("epd1=0 t1sz=16 tg1=2").set("ttb1", upper.root());
    context(both.with("epd0=1 epd1=0"));
    assertThat(guest.read(5, NONE, -0x1000)).isEqualTo(PA);
    assertThat(fault(0x1000)).isEqualTo("F_TRANSLATION S1 IN");
    context(both.with("epd0=0 epd1=1"));
    assertThat(guest.read(5, NONE, 0x1000)).isEqualTo(PA);
    assertThat(fault(-0x1000)).isEqualTo("F_TRANSLATION S1 IN");
  }

  @Test
  void theEventKeepsTheTopByte() {
    Tables lower = new Tables(guest, 12, 48, 0);
    context(BareGuest.cd(1, lower.root()).with("tbi0=1"));
    assertThat(guest.access(5, NONE, 0xab00_0000_0000_1008L, false)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.takeEvent().get("input")).isEqualTo(0xab00_0000_0000_1008L);
  }
}

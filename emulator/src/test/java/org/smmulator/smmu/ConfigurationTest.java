package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.Transaction.Outcome;

class ConfigurationTest extends ConfigurationScene {
  private void useTwoLevelTable(int log2Size, int split, long table) {
    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister64("STRTAB_BASE", table);
    guest.writeRegister("STRTAB_BASE_CFG", log2Size | split << 6 | 1 << 16);
    guest.writeRegister("CR0", 0b1_1111);
  }

  @Test
  void recordsBadStreamIdWhenBeyondTable() {
    assertThat(guest.access(256, 3, VA, false)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("C_BAD_STREAMID"));
    assertThat(event.get("stream")).isEqualTo(256);
    assertThat(event.get("ssv")).isEqualTo(1);
    assertThat(event.get("substream")).isEqualTo(3);
  }

  @Test
  void badStreamIdIsSilentUnlessAskedFor() {
    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister("CR2", 0);
    guest.writeRegister("CR0", 0b1_1111);
    assertThat(guest.access(256, NONE, VA, false)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.access(-1, NONE, VA, false)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void aLinearTableIsAlignedToItsSizeByHardware() {
    guest.writeRegister("CR0", 0b1110);
    long aligned = guest.streamTable();
    guest.writeRegister64("STRTAB_BASE", aligned + 0x1040);
    guest.writeRegister("CR0", 0b1_1111);
    guest.storeSte(5, BareGuest.ste(0b100));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
  }

  @ParameterizedTest
  @CsvSource({"6, 6", "8, 8", "10, 10", "7, 6", "0, 6"})
  void findsAnEntryOfATwoLevelTable(int programmed, int split) {
    long level1 = guest.allocate(4096);
    long level2 = guest.allocate(64L << split);
    int streamId = (3 << split) + 5;
    guest.store(
        level1 + 8 * 3, new Structure("l1std", 1).set("span", split + 1).set("l2ptr", level2));
    guest.store(level2 + 64 * 5, BareGuest.ste(0b100));
    useTwoLevelTable(12, programmed, level1);
    assertThat(guest.read(streamId, NONE, VA)).isEqualTo(VA);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "12, 0", "10, 0", "31, 0", "3, 4", "1, 1"})
  void spanDecidesWhichEntriesExist(int span, int index) {
    long level1 = guest.allocate(4096);
    long level2 = guest.allocate(64 * 256);
    guest.store(level1, new Structure("l1std", 1).set("span", span).set("l2ptr", level2));
    guest.store(level2 + 64L * index, BareGuest.ste(0b100));
    useTwoLevelTable(12, 8, level1);

    assertThat(guest.access(index, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.takeEvent().get("id")).isEqualTo(Vectors.event("C_BAD_STREAMID"));
  }

  @Test
  void theFirstLevelIsAlignedToItsSizeByHardware() {
    // 2^(12 - 6) descriptors: 512 bytes.
    long level1 = guest.allocate(4096);
    long level2 = guest.allocate(4096);
    guest.store(level1 + 8, new Structure("l1std", 1).set("span", 7).set("l2ptr", level2));
    guest.store(level2 + 64 * 2, BareGuest.ste(0b100));
    useTwoLevelTable(12, 6, level1 + 0x1c0);
    assertThat(guest.read(66, NONE, VA)).isEqualTo(VA);
  }

  @Test
  void theLastEntryOfASpanExistsAndItsArrayIsAligned() {
    long level1 = guest.allocate(4096);
    long level2 = guest.allocate(4096);
    guest.store(level1, new Structure("l1std", 1).set("span", 3).set("l2ptr", level2 + 0xc0));
    guest.store(level2 + 64 * 3, BareGuest.ste(0b100));
    useTwoLevelTable(12, 8, level1);
    assertThat(guest.read(3, NONE, VA)).isEqualTo(VA);
  }

  @Test
  void anUnreadableEntryIsReportedWithItsAddress() {
    guest.memory.abortPageOf(guest.streamTable());
    Structure event = fault("F_STE_FETCH", NONE);
    assertThat(event.get("fetch")).isEqualTo(guest.streamTable() + 64 * 5);

    guest.memory.abortNothing();
    guest.storeSte(5, BareGuest.ste(0b100));
    // The failed fetch was not cached: no CFGI was needed.
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
  }

  @Test
  void anUnreadableLevel1DescriptorIsReportedWithItsAddress() {
    useTwoLevelTable(12, 8, 0x1000);
    assertThat(guest.access(0x305, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_STE_FETCH"));
    assertThat(event.get("fetch")).isEqualTo(0x1018);
  }

  @ParameterizedTest
  @ValueSource(ints = {0b000, 0b001, 0b011})
  void anAbortingEntryIsSilentWhateverElseItSays(int config) {
    guest.storeSte(5, BareGuest.ste(config).set("s1cdmax", 31).set("s1stalld", 1).set("eats", 2));
    assertThat(guest.access(5, NONE, VA, false)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.access(5, 3, VA, false)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void bypassPassesWhatFitsTheOutputSize() {
    guest.storeSte(5, BareGuest.ste(0b100));
    assertThat(guest.read(5, NONE, 0xffff_ffff_f123L)).isEqualTo(0xffff_ffff_f123L);

    assertThat(guest.access(5, NONE, 1L << 48, true)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_ADDR_SIZE"));
    assertThat(event.get("class")).isEqualTo(2);
    assertThat(event.get("s2")).isZero();
    assertThat(event.get("input")).isEqualTo(1L << 48);
    assertThat(event.get("rnw")).isZero();
  }

  @Test
  void aSubstreamOfABypassedStreamIsBad() {
    guest.storeSte(5, BareGuest.ste(0b100));
    Structure event = fault("C_BAD_SUBSTREAMID", 7);
    assertThat(event.get("substream")).isEqualTo(7);
    assertThat(event.get("ssv")).isZero();
  }

  @Test
  void aTableBaseBeyondTheIntermediateSizeIsIllegalUnlessItsHalfIsOff() {
    long cd = guest.allocate(64);
    Structure descriptor = BareGuest.cd(1, 1L << 32).set("ips", 0);
    guest.store(cd, descriptor);
    guest.storeSte(5, BareGuest.translatingSte(cd));
    fault("C_BAD_CD", NONE);

    guest.store(cd, descriptor.set("epd0", 1).set("endi", 1).set("t0sz", 63));
    guest.invalidateAll();
    assertThat(fault("F_TRANSLATION", NONE).get("input")).isEqualTo(VA);
  }

  @Test
  void anUnreadableContextDescriptorIsReportedWithItsAddress() {
    guest.storeSte(5, BareGuest.translatingSte(0x2040));
    Structure event = fault("F_CD_FETCH", NONE);
    assertThat(event.get("fetch")).isEqualTo(0x2040);
  }

  @ParameterizedTest
  @CsvSource({"0, 10, 700", "1, 10, 700", "1, 6, 63", "2, 12, 3000", "2, 10, 1023", "3, 10, 700"})
  void findsTheContextOfASubstream(int format, int log2, int substreamId) {
    int leafLog2 = format == 1 ? 6 : 10;
    long table = guest.allocate(64L << log2);
    long leaf = guest.allocate(64L << leafLog2);
    long slot = table + 64L * substreamId;
    if (format == 1 || format == 2) {
      long l1cd = table + 8L * (substreamId >> leafLog2);
      guest.store(l1cd, new Structure("l1cd", 1).set("v", 1).set("l2ptr", leaf));
      slot = leaf + 64L * (substreamId & ((1 << leafLog2) - 1));
    }
    guest.store(slot, BareGuest.cd(9, mappedRoot(PA)));
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1fmt", format).set("s1cdmax", log2));

    assertThat(guest.read(5, substreamId, VA)).isEqualTo(PA);
    Structure event = fault("C_BAD_SUBSTREAMID", 1 << log2);
    assertThat(event.get("substream")).isEqualTo(1 << log2);
  }

  @ParameterizedTest
  @CsvSource({"0, 10, 0x8fc0", "1, 10, 0x40", "2, 20, 0x1000"})
  void contextTablesAreAlignedToTheirSizeByHardware(int format, int log2, String off) {
    long table = guest.allocate(64L << 10);
    long slot = table + 64 * 7;
    if (format != 0) {
      long leaf = guest.allocate(1 << 16);
      slot = leaf + 64 * 7;
      guest.store(table, new Structure("l1cd", 1).set("v", 1).set("l2ptr", leaf | 0x1000));
      if (format == 1) {
        slot += 0x1000;
      }
    }
    guest.store(slot, BareGuest.cd(9, mappedRoot(PA)));
    guest.storeSte(
        5,
        BareGuest.translatingSte(table + Long.decode(off))
            .set("s1fmt", format)
            .set("s1cdmax", log2));
    assertThat(guest.read(5, 7, VA)).isEqualTo(PA);
  }

  @Test
  void aMissingLeafTableMakesTheSubstreamBad() {
    long table = guest.allocate(4096);
    guest.storeSte(
        5, BareGuest.translatingSte(table).set("s1fmt", 1).set("s1cdmax", 10).set("s1dss", 2));
    assertThat(fault("C_BAD_SUBSTREAMID", 70).get("substream")).isEqualTo(70);
    assertThat(fault("C_BAD_SUBSTREAMID", NONE).get("substream")).isZero();
  }

  @Test
  void aLeafTableBeyondTheOutputSizeMakesTheSubstreamBad() {
    BareGuest narrow = BareGuest.up(Variants.of("oas=40"));
    long table = narrow.allocate(4096);
    narrow.store(table, new Structure("l1cd", 1).set("v", 1).set("l2ptr", 1L << 40));
    narrow.storeSte(5, BareGuest.translatingSte(table).set("s1fmt", 1).set("s1cdmax", 10));
    assertThat(narrow.access(5, 3, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(narrow.takeEvent().get("id")).isEqualTo(Vectors.event("C_BAD_SUBSTREAMID"));
    narrow.store(table, new Structure("l1cd", 1).set("v", 1).set("l2ptr", 1L << 39));
    narrow.invalidateAll();
    assertThat(narrow.access(5, 3, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(narrow.takeEvent().get("id")).isEqualTo(Vectors.event("F_CD_FETCH"));
  }

  @Test
  void anUnreadableLevel1ContextIsReportedWithItsAddress() {
    guest.storeSte(5, BareGuest.translatingSte(0x4000).set("s1fmt", 1).set("s1cdmax", 10));
    assertThat(fault("F_CD_FETCH", 65).get("fetch")).isEqualTo(0x4008);
  }

  @ParameterizedTest
  @CsvSource({"0", "3"})
  void withoutADefaultSubstreamTheStreamIsDisabled(int s1dss) {
    long table = guest.allocate(64 * 16);
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4).set("s1dss", s1dss));
    Structure event = fault("F_STREAM_DISABLED", NONE);
    assertThat(event.get("ssv")).isZero();
    assertThat(event.get("substream")).isZero();
  }

  @Test
  void theDefaultSubstreamMayBypassStage1() {
    long table = guest.allocate(64 * 16);
    guest.store(table, BareGuest.cd(1, mappedRoot(PA)));
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4).set("s1dss", 1));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(VA);
    assertThat(guest.read(5, 0, VA)).isEqualTo(PA);
  }

  @Test
  void theDefaultSubstreamMayBeZeroWhichIsThenNobodyElses() {
    long table = guest.allocate(64 * 16);
    guest.store(table, BareGuest.cd(1, mappedRoot(PA)));
    guest.storeSte(5, BareGuest.translatingSte(table).set("s1cdmax", 4).set("s1dss", 2));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
    fault("F_STREAM_DISABLED", 0);
  }

  @Test
  void withoutSubstreamsAllOfThemAreBad() {
    guest.storeSte(5, BareGuest.translatingSte(contextOver(mappedRoot(PA), 1)));
    assertThat(guest.read(5, NONE, VA)).isEqualTo(PA);
    fault("C_BAD_SUBSTREAMID", 0);

    BareGuest none = BareGuest.up(BareGuest.smallCaches().change(f -> f.substreamIdBits(0)));
    long root = none.translatingStream(5, 1);
    none.map(root, VA, PA);
    none.storeSte(5, BareGuest.translatingSte(cdOf(none, root)).set("s1cdmax", 31));
    assertThat(none.read(5, NONE, VA)).isEqualTo(PA);
    assertThat(none.access(5, 1, VA, false)).isEqualTo(Outcome.FAULTED);
  }

  private static long cdOf(BareGuest guest, long root) {
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(1, root));
    return cd;
  }
}

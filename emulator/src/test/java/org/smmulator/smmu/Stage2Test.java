package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

/** Streams that only stage 2 translates. */
class Stage2Test {
  private static final long IPA = TwoStages.IPA;
  private static final long PA = TwoStages.PA;

  private TwoStages two = new TwoStages();

  Stage2Test() {
    two.stream("config=6");
  }

  private void leaf(String settings) {
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with(settings));
    two.guest.invalidateAll();
  }

  @Test
  void translatesIntermediateAddresses() {
    assertThat(two.read(IPA + 8)).isEqualTo(PA + 8);
    assertThat(two.write(IPA + 0xff8)).isEqualTo(PA + 0xff8);
    assertThat(two.guest.smmu.counters().of(SmmuCounter.WALKS)).isEqualTo(1);
    assertThat(two.guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS)).isEqualTo(3);
  }

  @Test
  void aFaultNamesStageClassAndAddress() {
    assertThat(two.fault(IPA + 0x1238, true)).isEqualTo("F_TRANSLATION S2 IN");
    assertThat(two.event.get("ipa")).isEqualTo(IPA + 0x1000);
    assertThat(two.event.get("input")).isEqualTo(IPA + 0x1238);
    assertThat(two.event.get("rnw")).isZero();
    assertThat(two.event.get("ssv")).isZero();
  }

  /** Granule, SL0 and T0SZ; the level that the walk starts at, and how many tables are there. */
  @ParameterizedTest
  @CsvSource({
    "4, 2, 16, 0, 1", "4, 2, 24, 0, 1", "4, 1, 21, 1, 16", "4, 1, 24, 1, 2", "4, 1, 25, 1, 1",
    "4, 1, 33, 1, 1", "4, 0, 30, 2, 16", "4, 0, 33, 2, 2", "4, 0, 34, 2, 1", "4, 0, 42, 2, 1",
    "4, 3, 39, 3, 16", "4, 3, 48, 3, 1", "16, 2, 16, 1, 2", "16, 2, 17, 1, 1", "16, 2, 27, 1, 1",
    "16, 1, 24, 2, 16", "16, 1, 28, 2, 1", "16, 0, 35, 3, 16", "16, 0, 39, 3, 1", "64, 2, 16, 1, 1",
    "64, 2, 21, 1, 1", "64, 1, 18, 2, 16", "64, 1, 22, 2, 1", "64, 0, 31, 3, 16", "64, 0, 35, 3, 1"
  })
  void theFirstLevelMayBeSeveralTables(int kib, int sl0, int t0sz, int level, int tables) {
    int granule = 10 + Integer.numberOfTrailingZeros(kib);
    int bits = 64 - t0sz;
    Tables wide = new Tables(two.guest, granule, bits, level);
    long page = 1L << granule;
    long top = (1L << bits) - page;
    wide.map(0, 3, BareGuest.stage2Page(PA));
    wide.map(top, 3, BareGuest.stage2Page(PA + page));
    int tg = kib == 4 ? 0 : kib == 64 ? 1 : 2;
    // Base bits below the size of all tables together do not count.
    long off = tables == 1 ? 0 : 8L << (granule - 3);
    two.stream(
        "config=6 s2tg="
            + tg
            + " s2sl0="
            + sl0
            + " s2t0sz="
            + t0sz
            + " s2ttb="
            + (wide.base() + off));

    assertThat(two.read(8)).isEqualTo(PA + 8);
    assertThat(two.read(top + 8)).isEqualTo(PA + page + 8);
    assertThat(two.guest.smmu.counters().of(SmmuCounter.DESCRIPTOR_READS))
        .isEqualTo(2L * (4 - level));
    if (bits < 48) {
      assertThat(two.fault(top + page, false)).isEqualTo("F_TRANSLATION S2 IN");
      assertThat(two.event.get("ipa")).isEqualTo(top + page);
    }
  }

  @Test
  void anInputBeyondTheIntermediateSizeIsAFaultOfStage1() {
    assertThat(two.fault(1L << 48, false)).isEqualTo("F_ADDR_SIZE S1 IN");
    assertThat(two.fault(1L << 47, false)).isEqualTo("F_TRANSLATION S2 IN");
    two.stream("config=6 s2r=0");
    assertThat(two.fault(1L << 63, true)).isEqualTo("F_ADDR_SIZE S1 IN");
  }

  @ParameterizedTest
  @CsvSource({"44, 4", "40, 2"})
  void theIntermediateSizeIsTheOutputSizeOfTheSmmu(int oas, int code) {
    two = new TwoStages(Variants.of("oas=" + oas));
    two.stream("config=6 s2ps=" + code);
    assertThat(two.fault(1L << oas, false)).isEqualTo("F_ADDR_SIZE S1 IN");
    assertThat(two.read(IPA)).isEqualTo(PA);
  }

  @ParameterizedTest
  @CsvSource({"0, ------", "1, r-xr-x", "2, -wx-wx", "3, rwxrwx"})
  void theLeafSaysWhetherDataMayBeReadAndWritten(int s2ap, String may) {
    leaf("s2ap=" + s2ap + (s2ap == 0 ? " xn=2" : ""));
    assertThat(permissions()).isEqualTo(may);
    assertThat(permissions()).isEqualTo(may);
  }

  @ParameterizedTest
  @CsvSource({"0, rwxrwx", "1, rwxrw-", "2, rw-rw-", "3, rw-rwx"})
  void executionDependsOnPrivilege(int xn, String may) {
    leaf("xn=" + xn);
    assertThat(permissions()).isEqualTo(may);
  }

  @ParameterizedTest
  @CsvSource({"0, rwxrwx", "1, rwxrwx", "2, rw-rw-", "3, rw-rw-"})
  void withoutXnxOnlyTheUpperBitCounts(int xn, String may) {
    two = new TwoStages(Variants.of("-XNX"));
    two.stream("config=6");
    leaf("xn=" + xn);
    assertThat(permissions()).isEqualTo(may);
  }

  @Test
  void anExecuteOnlyPageCanBeExecutedOnly() {
    leaf("s2ap=0");
    assertThat(permissions()).isEqualTo("--x--x");
  }

  private String permissions() {
    StringBuilder may = new StringBuilder();
    for (boolean privileged : new boolean[] {false, true}) {
      may.append(may(false, privileged, false) ? 'r' : '-');
      may.append(may(true, privileged, false) ? 'w' : '-');
      may.append(may(false, privileged, true) ? 'x' : '-');
    }
    return may.toString();
  }

  private boolean may(boolean write, boolean privileged, boolean execute) {
    BareGuest guest = two.guest;
    Outcome outcome = guest.access(5, BareGuest.NONE, IPA, write, privileged, execute);
    if (outcome == Outcome.FAULTED) {
      Structure event = guest.takeEvent();
      assertThat(TwoStages.describe(event)).isEqualTo("F_PERMISSION S2 IN");
      assertThat(event.get("ipa")).isEqualTo(IPA);
    }
    return outcome == Outcome.TRANSLATED;
  }

  @Test
  void aClearAccessFlagFaultsBeforePermissionsUnlessIgnored() {
    leaf("af=0 s2ap=1");
    assertThat(two.fault(IPA, true)).isEqualTo("F_ACCESS S2 IN");
    two.stream("config=6 s2affd=1");
    assertThat(two.fault(IPA, true)).isEqualTo("F_PERMISSION S2 IN");
    assertThat(two.read(IPA)).isEqualTo(PA);
    assertThat(two.leafAt("s2pte", two.stage2.slot(IPA, 3)).get("af")).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everyDescriptorIsCheckedAgainstTheOutputSize(int level) {
    two.stream("config=6 s2ps=0");
    long beyond = 1L << 32;
    Structure descriptor = level < 3 ? BareGuest.table(beyond) : BareGuest.stage2Page(beyond);
    two.guest.store(two.stage2.slot(IPA, level), descriptor);
    assertThat(two.fault(IPA, false)).isEqualTo("F_ADDR_SIZE S2 IN");
    assertThat(two.event.get("ipa")).isEqualTo(IPA);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void invalidDescriptorsAndReservedPages(int level) {
    Structure descriptor = BareGuest.stage2Page(PA);
    // At level 3 the encoding of a block is reserved.
    two.guest.store(
        two.stage2.slot(IPA, level), descriptor.with(level == 3 ? "table=0" : "valid=0"));
    assertThat(two.fault(IPA, false)).isEqualTo("F_TRANSLATION S2 IN");
  }

  @ParameterizedTest
  @CsvSource({"1, 30", "2, 21"})
  void blocksTranslateAllOfTheirRange(int level, int sizeLog2) {
    long size = 1L << sizeLog2;
    two.stage2.map(0x8_0000_0000L, level, BareGuest.stage2Page(0x10_0000_0000L).with("table=0"));
    assertThat(two.read(0x8_0000_0000L)).isEqualTo(0x10_0000_0000L);
    assertThat(two.read(0x8_0000_0000L + size - 8)).isEqualTo(0x10_0000_0000L + size - 8);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anUnreadableDescriptorIsReportedWithItsAddressWhateverS2rSays(int level) {
    two.stream("config=6 s2r=0");
    long descriptor = two.stage2.slot(IPA, level);
    two.guest.memory.abortAt(descriptor);
    assertThat(two.fault(IPA, true)).isEqualTo("F_WALK_EABT S2 IN");
    assertThat(two.event.get("fetch")).isEqualTo(descriptor);
    assertThat(two.event.get("rnw")).isZero();
  }

  @Test
  void withoutS2rFaultsAreSilentAndStillAbort() {
    two.stream("config=6 s2r=0");
    assertThat(two.guest.access(5, TwoStages.NONE, 0, false)).isEqualTo(Outcome.TERMINATED);
    assertThat(two.guest.tx.isRazWi()).isFalse();
    assertThat(two.guest.takeEvents()).isEmpty();
  }

  @Test
  void aSubstreamIsBad() {
    assertThat(two.guest.access(5, 3, IPA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(TwoStages.describe(two.guest.takeEvent())).isEqualTo("C_BAD_SUBSTREAMID");
  }

  @Test
  void streamsOfOneVmidShareTranslationsAndOthersDoNot() {
    two.guest.storeSte(6, two.entry("config=6"));
    two.guest.storeSte(7, two.entry("config=6 s2vmid=8"));
    two.read(IPA);
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA + 0x1000));
    assertThat(two.guest.read(6, TwoStages.NONE, IPA)).isEqualTo(PA);
    assertThat(two.guest.read(7, TwoStages.NONE, IPA)).isEqualTo(PA + 0x1000);
  }
}

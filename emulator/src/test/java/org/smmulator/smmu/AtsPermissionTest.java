package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.AtsAnswer.Status;

/** Permissions and sizes of ATS entries. */
class AtsPermissionTest {
  private static final int NONE = BareGuest.NONE;
  private static final int PASID = 3;
  private static final long PA = BareGuest.RAM + 0x800_0000L;
  private static final int LARGE = 1 << 11;

  private BareGuest guest = BareGuest.up();

  private Tables stream(int granuleLog2, String entry) {
    Tables tables = new Tables(guest, granuleLog2, 48, granuleLog2 == 16 ? 1 : 0);
    long contexts = guest.allocate(64 * 16);
    int tg0 = granuleLog2 == 12 ? 0 : granuleLog2 == 16 ? 1 : 2;
    for (int substream = 0; substream < 16; substream += PASID) {
      guest.store(contexts + 64L * substream, BareGuest.cd(1, tables.base()).set("tg0", tg0));
    }
    guest.storeSte(5, BareGuest.translatingSte(contexts).with("s1cdmax=4 s1dss=2").with(entry));
    guest.invalidateAll();
    return tables;
  }

  private long[] entries(int substream, long address, int units, String wanted) {
    guest.smmu.translationRequest(
        guest.tx.request(
            5,
            substream,
            address,
            wanted.contains("w"),
            wanted.contains("p"),
            wanted.contains("x")),
        units,
        guest.answer);
    assertThat(guest.answer.status()).isEqualTo(Status.SUCCESS);
    assertThat(guest.takeEvents()).isEmpty();
    return LongStream.range(0, guest.answer.count())
        .map(i -> guest.answer.entry((int) i))
        .toArray();
  }

  /** The stream's overrides, the leaf, what is wanted: R=1 W=2 Exe=8 Priv=16. */
  @ParameterizedTest
  @CsvSource({
    // Privilege: another check, the same echo, also where nothing is granted.
    "privcfg=2, ap1=0, wp, 16",
    "privcfg=2, '', wp, 19",
    "privcfg=3, ap1=0, w, 3",
    "privcfg=3, ap1=0 ap2=1, w, 1",
    // Reads are fetches: R and Exe both from X.
    "instcfg=3, ap2=1, wx, 9",
    "instcfg=3, ap2=1, w, 1",
    "instcfg=3, ap2=1 uxn=1, wx, 0",
    "instcfg=3, uxn=1, wx, 2",
    // Fetches are reads: Exe from R.
    "instcfg=2, uxn=1 ap2=1, wx, 9",
    "instcfg=2, uxn=1, w, 3",
    "instcfg=2, ap1=0, wx, 0",
    // Nothing of an execute-only page.
    "'', ap1=0, wx, 0",
    "'', ap1=0 uxn=1, wx, 0",
    // Executable only where it was asked for.
    "'', ap2=1, w, 1",
    "'', ap2=1, wx, 9"
  })
  void whatIsGranted(String entry, String leaf, String wanted, long bits) {
    stream(12, entry).map(0x1000, 3, BareGuest.page(PA).with(leaf));
    long expected = (bits & 0b11) == 0 ? bits : PA | bits;
    assertThat(entries(PASID, 0x1000, 1, wanted)).containsExactly(expected);
    // The same from the TLB.
    assertThat(entries(PASID, 0x1000, 1, wanted)).containsExactly(expected);
  }

  @Test
  void withoutPasidNothingIsExecutable() {
    stream(12, "instcfg=2").map(0x1000, 3, BareGuest.page(PA));
    assertThat(entries(NONE, 0x1000, 1, "wpx")).containsExactly(PA | 3);
  }

  @Test
  void aGlobalPageIsNotAGlobalEntry() {
    stream(12, "").map(0x1000, 3, BareGuest.page(PA).set("ng", 0));
    assertThat(entries(PASID, 0x1000, 1, "w")).containsExactly(PA | 3);
  }

  /** The smallest granule is the unit: S set, and all ones below the bit that the size leaves 0. */
  @ParameterizedTest
  @CsvSource({"-GRAN4K, 14, 0x1800", "-GRAN4K -GRAN16K, 16, 0x7800"})
  void entriesAreNotSmallerThanTheUnit(String features, int granuleLog2, String size) {
    guest = BareGuest.up(Variants.of(features));
    long unit = 1L << granuleLog2;
    long bits = Long.decode(size) | 3;
    Tables tables = stream(granuleLog2, "");
    tables.map(4 * unit, 3, BareGuest.page(PA));
    tables.map(5 * unit, 3, BareGuest.page(PA + 4 * unit));
    assertThat(bits & LARGE).isNotZero();
    assertThat(entries(PASID, 4 * unit + 0x1000, 1, "w")).containsExactly(PA | bits);
    assertThat(entries(PASID, 4 * unit, 3, "w")).containsExactly(PA | bits, PA + 4 * unit | bits);
    // So is the entry of a page that is not there.
    assertThat(entries(PASID, 6 * unit, 1, "w")).containsExactly(bits & ~3);
  }

  @Test
  void aPageOf64KiBIsAnsweredInUnitsOf4KiB() {
    Tables tables = stream(16, "");
    tables.map(0x1_0000, 3, BareGuest.page(PA));
    assertThat(entries(PASID, 0x1_3000, 2, "w")).containsExactly(PA + 0x3000 | 3, PA + 0x4000 | 3);
  }

  @Test
  void severalTranslationsMayHaveSeveralPermissions() {
    Tables tables = stream(12, "");
    tables.map(0x1000, 3, BareGuest.page(PA));
    tables.map(0x2000, 3, BareGuest.page(PA + 0x1000).set("ap2", 1));
    tables.map(0x3000, 3, BareGuest.page(PA + 0x2000).set("ap1", 0));
    assertThat(entries(PASID, 0x1000, 8, "w")).containsExactly(PA | 3, PA + 0x1000 | 1);
    assertThat(entries(PASID, 0x3000, 8, "w")).containsExactly(0);
  }

  @Test
  void whereNothingTranslatesAndTheDefaultBypassesTheAnswerIsTheAddressOfTheUnit() {
    guest = BareGuest.up(Variants.of("-GRAN4K"));
    stream(14, "s1dss=1");
    assertThat(entries(NONE, 0x12_7000, 2, "w")).containsExactly(0x12_5803L, 0x12_9803L);
  }
}

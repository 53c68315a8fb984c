package org.smmulator.smmu.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.tlb.Regime;
import org.smmulator.smmu.tlb.TlbSpace;
import org.smmulator.smmu.tlb.TlbSpaces;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;

/** Commands as software writes them, typed bit by bit. */
class TlbInvalidationsTest {
  private static final int COMPLETE = 0;
  private static final int EIGHT_BITS_AND_NO_RANGES = 1;
  private static final int STAGE1_ALONE = 2;
  private static final int STAGE2_ALONE = 3;
  private static final long VA = 0x7fff_1234_5000L;
  private static final int VMID = 0x0203;
  private static final int ASID = 0x4051;

  private TranslationCaches caches = new TranslationCaches(new SmmuFeatures.Caches(64, 4, 16, 1));
  private TlbiCommands commands = new TlbiCommands(TlbiCommands.features(COMPLETE), caches);

  private void have(int featureSet) {
    commands = new TlbiCommands(TlbiCommands.features(featureSet), caches);
  }

  private CommandResult execute(String word0, String word1) {
    return commands.execute(word(word0), word(word1));
  }

  private static long word(String hex) {
    return Long.parseUnsignedLong(hex.replace("_", ""), 16);
  }

  /**
   * Which of these stay, each at VA and with a table of level 3 on the way: s space of VMID and
   * ASID, g global one of the VMID, o other ASID, v other VMID (and same ASID), i stage 2, 2 EL2, e
   * EL2-E2H of ASID, G global of EL2-E2H; then n the same as s in the next page; then t the table.
   */
  private String survivors(String word0, String word1) {
    TlbSpaces spaces = caches.spaces();
    TlbSpace[] all = {
      spaces.of(Regime.EL1, VMID, ASID, false),
      spaces.global(Regime.EL1, VMID, true),
      spaces.of(Regime.EL1, VMID, 0x51, true),
      spaces.of(Regime.EL1, 0x0201, ASID, true),
      spaces.stage2(VMID),
      spaces.of(Regime.EL2, 0, 0, false),
      spaces.of(Regime.EL2_E2H, 0, ASID, false),
      spaces.global(Regime.EL2_E2H, 0, false)
    };
    long page = Translation.of(0x8000_0000L, 12, Granule.KB4, 3, 0x3f);
    for (TlbSpace space : all) {
      caches.tlb().insert(space, VA, page);
    }
    caches.tlb().insert(all[0], VA + 4096, page);
    caches.walkCache().insert(all[0], VA, 3, 21, 0x5000, 0);

    assertThat(execute(word0, word1)).isEqualTo(CommandResult.DONE);

    StringBuilder seen = new StringBuilder();
    for (int i = 0; i < all.length; i++) {
      seen.append(caches.tlb().peek(all[i], all[i], VA) == 0 ? '-' : "sgovi2eG".charAt(i));
    }
    seen.append(caches.tlb().peek(all[0], all[0], VA + 4096) == 0 ? '-' : 'n');
    return seen.append(caches.walkCache().peek(all[0], VA, 3, 21) == 0 ? '-' : 't').toString();
  }

  @ParameterizedTest
  @CsvSource({
    // TLBI_NH_ALL
    "0000_0203_0000_0010, 0,                   ---vi2eG--",
    "0000_0204_0000_0010, 0,                   sgovi2eGnt",
    // TLBI_NH_ASID: not the global one
    "4051_0203_0000_0011, 0,                   -govi2eG--",
    // TLBI_NH_VA: the global one as well, and with Leaf no table
    "4051_0203_0000_0012, 0000_7fff_1234_5000, --ovi2eGn-",
    "4051_0203_0000_0012, 0000_7fff_1234_5001, --ovi2eGnt",
    "4052_0203_0000_0012, 0000_7fff_1234_5001, s-ovi2eGnt",
    "4051_0203_0000_0012, 0000_7fff_1234_6001, sgovi2eG-t",
    // TLBI_NH_VAA: whatever is in the place of the ASID
    "ffff_0203_0000_0013, 0000_7fff_1234_5001, ---vi2eGnt",
    // TLBI_EL2_ALL, _ASID, _VA (E2H = 0), _VAA (E2H = 0)
    "0000_0000_0000_0020, 0,                   sgovi---nt",
    "4051_0000_0000_0021, 0,                   sgovi2-Gnt",
    "4051_0000_0000_0022, 0000_7fff_1234_5001, sgovi-eGnt",
    "0000_0000_0000_0023, 0000_7fff_1234_5001, sgovi-eGnt",
    // TLBI_S12_VMALL, TLBI_S2_IPA, TLBI_NSNH_ALL
    "0000_0203_0000_0028, 0,                   ---v-2eG--",
    "0000_0203_0000_002a, 0000_7fff_1234_5001, sgov-2eGnt",
    "0000_0203_0000_002a, fff0_7fff_1234_5001, sgov-2eGnt",
    "0000_0000_0000_0030, 0,                   -----2eG--",
    // A range: NUM 1, SCALE 0, TG 4 KiB; NUM 0, SCALE 1; TTL 3; another granule; another level
    "4051_0203_0000_1012, 0000_7fff_1234_5401, --ovi2eG-t",
    "4051_0203_0010_0012, 0000_7fff_1234_4401, --ovi2eGnt",
    "4051_0203_0000_0012, 0000_7fff_1234_5701, --ovi2eGnt",
    "4051_0203_0000_1012, 0000_7fff_1234_4801, sgovi2eGnt",
    "4051_0203_0000_0012, 0000_7fff_1220_0600, sgovi2eGnt",
    "4051_0203_0000_0012, 0000_7fff_1234_5700, --ovi2eGn-"
  })
  void eachCommandDropsItsScopeAndNothingElse(String word0, String word1, String survivors) {
    assertThat(survivors(word0, word1)).isEqualTo(survivors);
  }

  @Test
  void withE2hTheEl2CommandsByAddressMeanEl2E2h() {
    commands.control(0, true);
    assertThat(survivors("4051_0000_0000_0022", "00007fff12345001")).isEqualTo("sgovi2--nt");
    assertThat(survivors("4052_0000_0000_0022", "00007fff12345001")).isEqualTo("sgovi2e-nt");
    assertThat(survivors("0000_0000_0000_0023", "00007fff12345001")).isEqualTo("sgovi2--nt");
  }

  @Test
  void vmwMakesLowBitsOfTheVmidNotCount() {
    commands.control(1, false);
    assertThat(survivors("0000_0202_0000_0010", "0")).isEqualTo("---vi2eG--");
    commands.control(2, false);
    assertThat(survivors("4051_0200_0000_0012", "00007fff12345001")).isEqualTo("--o-i2eGnt");
    assertThat(survivors("0000_0200_0000_002a", "00007fff12345001")).isEqualTo("sgov-2eGnt");
    // Reserved: exact.
    commands.control(5, false);
    assertThat(survivors("0000_0202_0000_0010", "0")).isEqualTo("sgovi2eGnt");
  }

  @Test
  void upperBytesDoNotCountWithEightBits() {
    have(EIGHT_BITS_AND_NO_RANGES);
    TlbSpace own = caches.spaces().of(Regime.EL1, 3, 0x51, false);
    long page = Translation.of(0x8000_0000L, 12, Granule.KB4, 3, 0x3f);
    caches.tlb().insert(own, VA, page);
    assertThat(execute("ff52_ff03_0000_0011", "0")).isEqualTo(CommandResult.DONE);
    assertThat(caches.tlb().resident()).isEqualTo(1);
    assertThat(execute("ff51_ff03_0000_0011", "0")).isEqualTo(CommandResult.DONE);
    assertThat(caches.tlb().resident()).isZero();
  }

  @Test
  void withoutStage2TheVmidDoesNotCount() {
    have(STAGE1_ALONE);
    TlbSpace own = caches.spaces().of(Regime.EL1, 0, 1, false);
    caches.tlb().insert(own, VA, Translation.of(0x8000_0000L, 12, Granule.KB4, 3, 0x3f));
    assertThat(execute("0001_1234_0000_0011", "0")).isEqualTo(CommandResult.DONE);
    assertThat(caches.tlb().resident()).isZero();
  }

  @Test
  void aRangeAtTheTopOfTheUpperHalfDoesNotGoOnInTheLowerOne() {
    TlbSpace own = caches.spaces().of(Regime.EL1, 0, 1, false);
    long page = Translation.of(0x8000_0000L, 12, Granule.KB4, 3, 0x3f);
    caches.tlb().insert(own, 0xffff_ffff_ffff_f000L, page);
    caches.tlb().insert(own, 0, page);
    caches.tlb().insert(own, 0x0008_0000_0000_0000L, page);
    assertThat(execute("0001_0000_0001_f012", "ffff_ffff_ffff_f401")).isEqualTo(CommandResult.DONE);
    assertThat(caches.tlb().peek(own, own, 0xffff_ffff_ffff_f000L)).isZero();
    assertThat(caches.tlb().peek(own, own, 0)).isEqualTo(page);
    assertThat(caches.tlb().peek(own, own, 0x0008_0000_0000_0000L)).isEqualTo(page);
  }

  @Test
  void oneAddressDropsAllPiecesThatStage2MadeOfABlock() {
    TlbSpace own = caches.spaces().of(Regime.EL1, 0, 1, false);
    long piece = Translation.of(0x8000_0000L, 12, Granule.KB4, 2, 0x3f);
    long page = Translation.of(0x8000_0000L, 12, Granule.KB4, 3, 0x3f);
    caches.tlb().insert(own, 0x20_0000, piece);
    caches.tlb().insert(own, 0x3f_f000, piece);
    caches.tlb().insert(own, 0x40_0000, piece);
    caches.tlb().insert(own, 0x20_3000, page);
    assertThat(execute("0001_0000_0000_0012", "0000_0000_0030_0001")).isEqualTo(CommandResult.DONE);
    assertThat(caches.tlb().peek(own, own, 0x20_0000)).isZero();
    assertThat(caches.tlb().peek(own, own, 0x3f_f000)).isZero();
    assertThat(caches.tlb().peek(own, own, 0x40_0000)).isEqualTo(piece);
    assertThat(caches.tlb().peek(own, own, 0x20_3000)).isEqualTo(page);
  }

  @ParameterizedTest
  @CsvSource({
    // TG without NUM, SCALE, TTL; 16 KiB and TTL 1 is TTL 0
    COMPLETE + ", 12, 400, ILLEGAL",
    COMPLETE + ", 13, c00, ILLEGAL",
    COMPLETE + ", 22, 400, ILLEGAL",
    COMPLETE + ", 2a, 800, ILLEGAL",
    COMPLETE + ", 2a, 900, ILLEGAL",
    COMPLETE + ", 2a, 500, DONE",
    COMPLETE + ", 2a, a00, DONE",
    COMPLETE + ", 1012, 900, DONE",
    COMPLETE + ", 10_0012, 400, DONE",
    COMPLETE + ", 1012, 300, DONE",
    // Not by address: there is no TG
    COMPLETE + ", 11, 400, DONE",
    EIGHT_BITS_AND_NO_RANGES + ", 12, 700, ILLEGAL",
    EIGHT_BITS_AND_NO_RANGES + ", 1023, 400, ILLEGAL",
    EIGHT_BITS_AND_NO_RANGES + ", 12, 0, DONE",
    STAGE1_ALONE + ", 10, 0, DONE",
    STAGE1_ALONE + ", 20, 0, ILLEGAL",
    STAGE1_ALONE + ", 21, 0, ILLEGAL",
    STAGE1_ALONE + ", 22, 0, ILLEGAL",
    STAGE1_ALONE + ", 23, 0, ILLEGAL",
    STAGE1_ALONE + ", 28, 0, ILLEGAL",
    STAGE1_ALONE + ", 2a, 0, ILLEGAL",
    STAGE1_ALONE + ", 30, 0, DONE",
    STAGE2_ALONE + ", 10, 0, ILLEGAL",
    STAGE2_ALONE + ", 11, 0, ILLEGAL",
    STAGE2_ALONE + ", 12, 0, ILLEGAL",
    STAGE2_ALONE + ", 13, 0, ILLEGAL",
    STAGE2_ALONE + ", 28, 0, DONE",
    STAGE2_ALONE + ", 2a, 0, DONE",
    STAGE2_ALONE + ", 30, 0, DONE"
  })
  void refusesWhatDoesNotExistHere(
      int featureSet, String word0, String word1, CommandResult expected) {
    have(featureSet);
    assertThat(execute(word0, word1)).isEqualTo(expected);
  }
}

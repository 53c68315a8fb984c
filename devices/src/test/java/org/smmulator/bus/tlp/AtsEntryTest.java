package org.smmulator.bus.tlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AtsEntryTest {
  @ParameterizedTest
  @CsvSource({
    "12, 0000008000000003",
    "13, 0000008000000803",
    "14, 0000008000001803",
    "16, 0000008000007803",
    "21, 00000080000FF803",
    "30, 000000801FFFF803",
    "32, 000000807FFFF803",
  })
  void codesSizeInAddressBits(int sizeLog2, String hex) {
    long entry = Long.parseUnsignedLong(hex, 16);
    long within = (1L << sizeLog2) - 1 & 0xFFF;
    assertThat(AtsEntry.encode(0x80_0000_0000L + within, sizeLog2, 3)).isEqualTo(entry);
    assertThat(AtsEntry.sizeLog2(entry)).isEqualTo(sizeLog2);
    assertThat(AtsEntry.address(entry)).isEqualTo(0x80_0000_0000L);
    assertThat(AtsEntry.flags(entry)).isEqualTo(AtsEntry.READ | AtsEntry.WRITE);
  }

  @Test
  void everySizeSurvives() {
    for (int sizeLog2 = 12; sizeLog2 <= 64; sizeLog2++) {
      long entry = AtsEntry.encode(-1L, sizeLog2, 0);
      assertThat(AtsEntry.sizeLog2(entry)).isEqualTo(sizeLog2);
      assertThat(AtsEntry.address(entry)).isEqualTo(sizeLog2 == 64 ? 0 : -1L << sizeLog2);
    }
  }

  @Test
  void codesEverything() {
    assertThat(AtsEntry.encodeInvalidation(0x1234_5000L, 64, false))
        .isEqualTo(AtsEntry.EVERYTHING)
        .isEqualTo(0x7FFFFFFFFFFFF800L);
    assertThat(AtsEntry.sizeLog2(-1L)).isEqualTo(64);
  }

  @Test
  void flagsStandWhereTheDocumentHasThem() {
    int flags =
        AtsEntry.NON_SNOOPED
            | AtsEntry.GLOBAL
            | AtsEntry.PRIVILEGED
            | AtsEntry.EXECUTE
            | AtsEntry.UNTRANSLATED_ONLY;
    assertThat(AtsEntry.encode(0, 12, flags)).isEqualTo(0b100_0011_1100);
  }

  @Test
  void globalInvalidationIsBitZero() {
    assertThat(AtsEntry.encodeInvalidation(0x1000, 12, true)).isEqualTo(0x1001);
    assertThat(AtsEntry.isGlobalInvalidation(0x1001)).isTrue();
    assertThat(AtsEntry.isGlobalInvalidation(0x1800)).isFalse();
  }

  @Test
  void refusesWhatHasNoCode() {
    assertThatThrownBy(() -> AtsEntry.encode(0, 11, 0)).hasMessageContaining("2^11");
    assertThatThrownBy(() -> AtsEntry.encode(0, 65, 0)).hasMessageContaining("2^65");
    assertThatThrownBy(() -> AtsEntry.encode(0, 12, 1 << 11)).hasMessageContaining("flags");
  }
}

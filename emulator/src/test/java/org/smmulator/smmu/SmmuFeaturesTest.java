package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.SmmuFeatures.Caches;
import org.smmulator.smmu.SmmuFeatures.Queues;

class SmmuFeaturesTest {
  private static final SmmuFeatures DEFAULTS = SmmuFeatures.defaults();

  @ParameterizedTest
  @ValueSource(ints = {0, 33, -1})
  void refusesStreamIdWidths(int bits) {
    assertThatThrownBy(() -> DEFAULTS.withStreamIdBits(bits))
        .hasMessage("SMMU StreamID bits is " + bits + "; it must be 1 to 32");
  }

  @ParameterizedTest
  @ValueSource(ints = {21, -1})
  void refusesSubstreamIdWidths(int bits) {
    assertThatThrownBy(() -> DEFAULTS.withSubstreamIdBits(bits))
        .hasMessageContaining("it must be 0 to 20");
  }

  @ParameterizedTest
  @ValueSource(ints = {31, 39, 52, 0})
  void refusesOutputSizes(int bits) {
    assertThatThrownBy(() -> DEFAULTS.withOutputAddressBits(bits))
        .hasMessageContaining("it must be 32, 36, 40, 42, 44 or 48");
  }

  @Test
  void refusesPriWithoutAts() {
    assertThatThrownBy(() -> DEFAULTS.withAts(false, true, false))
        .hasMessageContaining("PRI needs ATS");
  }

  @ParameterizedTest
  @CsvSource({"20, 0, 0", "0, -1, 0", "0, 0, 20"})
  void refusesQueueSizes(int command, int event, int pri) {
    assertThatThrownBy(() -> new Queues(command, event, pri))
        .hasMessageContaining("it must be 0 to 19");
  }

  @ParameterizedTest
  @CsvSource({
    "24, 4, 0, 16, power of two times 4 ways",
    "0, 1, 0, 16, power of two",
    "2, 4, 0, 16, power of two times 4 ways",
    "16, 0, 0, 16, must be 1 to 64",
    "16, 4, 3, 16, walk cache entries is 3; it must be a power of two",
    "16, 4, 0, 0, configuration cache entries is 0; it must be a power of two"
  })
  void refusesCacheSizes(int tlb, int ways, int walk, int configuration, String message) {
    assertThatThrownBy(() -> new Caches(tlb, ways, walk, configuration))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void sizesShowInTheIdRegisters() {
    SmmuFeatures features =
        DEFAULTS
            .withStreamIdBits(10)
            .withSubstreamIdBits(0)
            .withOutputAddressBits(40)
            .withQueues(new Queues(5, 6, 7));
    BareGuest guest = new BareGuest(features);
    assertThat(guest.readRegister("IDR1")).isEqualTo(10 | 7 << 11 | 6 << 16 | 5 << 21);
    assertThat(guest.readRegister("IDR5")).isEqualTo(2 | 1 << 4);
    assertThat(guest.readRegister("IDR0") & 1 << 19).isZero();
  }
}

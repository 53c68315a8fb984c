package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.feature.SmmuFeatures.Caches;
import org.smmulator.smmu.feature.SmmuFeatures.Httu;
import org.smmulator.smmu.feature.SmmuFeatures.Queues;
import org.smmulator.smmu.feature.SmmuFeatures.StallModel;

class SmmuFeaturesTest {
  private static final SmmuFeatures DEFAULTS = SmmuFeatures.defaults();

  /** One stage, one granule, and the oldest version: nothing else is needed. */
  private static SmmuFeatures only(Architecture version, int streamIdBits, Feature... features) {
    return new SmmuFeatures(
        version,
        Set.of(features),
        streamIdBits,
        0,
        48,
        Httu.NONE,
        StallModel.TERMINATE_ONLY,
        1,
        0,
        Set.of(),
        Set.of(),
        new Queues(1, 1, 0),
        new Caches(2, 2, 0, 1));
  }

  /** The SMMUv3 of QEMU's virt machine. */
  static SmmuFeatures qemuVirt() {
    return DEFAULTS.change(
        f -> {
          for (Feature feature :
              EnumSet.complementOf(
                  EnumSet.of(
                      Feature.S1P,
                      Feature.S2P,
                      Feature.COHACC,
                      Feature.ASID16,
                      Feature.VMID16,
                      Feature.TWO_LEVEL_STREAM_TABLE,
                      Feature.HAD,
                      Feature.XNX,
                      Feature.RIL,
                      Feature.GRAN4K,
                      Feature.GRAN16K,
                      Feature.GRAN64K))) {
            f.feature(feature, false);
          }
          f.feature(Feature.TERM_MODEL, true)
              .architecture(Architecture.V3_1)
              .httu(Httu.NONE)
              .stallModel(StallModel.TERMINATE_ONLY)
              .substreamIdBits(0)
              .outputAddressBits(44);
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 33, -1})
  void refusesStreamIdWidths(int bits) {
    assertThatThrownBy(() -> DEFAULTS.change(f -> f.streamIdBits(bits)))
        .hasMessage("SMMU StreamID bits is " + bits + "; it must be 1 to 32");
  }

  @ParameterizedTest
  @ValueSource(ints = {21, -1})
  void refusesSubstreamIdWidths(int bits) {
    assertThatThrownBy(() -> DEFAULTS.change(f -> f.substreamIdBits(bits)))
        .hasMessageContaining("it must be 0 to 20");
  }

  @ParameterizedTest
  @ValueSource(ints = {31, 39, 53, 0})
  void refusesOutputSizes(int bits) {
    assertThatThrownBy(() -> DEFAULTS.change(f -> f.outputAddressBits(bits)))
        .hasMessageContaining("it must be 32, 36, 40, 42, 44, 48 or 52");
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

  @ParameterizedTest
  @CsvSource({
    "PRI, ATS",
    "PPS, PRI",
    "ATSRECERR, ATS",
    "SPLIT_ATS, ATS",
    "SPLIT_ATS, S1P",
    "SPLIT_ATS, S2P",
    "HYP, S1P",
    "HYP, S2P",
    "VAX52, GRAN64K",
    "VMID16, S2P",
    "VMW, S2P",
    "XNX, S2P",
    "FWB, S2P",
    "ASID16, S1P",
    "CD2L, S1P",
    "HAD, S1P",
    "E0PD, S1P"
  })
  void aFeatureIsRefusedWithoutWhatItNeeds(Feature feature, Feature needed) {
    assertThatThrownBy(() -> DEFAULTS.without(needed))
        .hasMessageContaining(
            feature + " needs " + needed + "; add " + needed + " or remove " + feature);
  }

  private static Consumer<SmmuFeatures.Builder> change(Consumer<SmmuFeatures.Builder> change) {
    return change;
  }

  static Stream<Arguments> brokenRules() {
    return Stream.of(
        arguments(
            change(f -> f.stallModel(StallModel.FORCED)), "a PCIe transaction must not stall"),
        arguments(
            change(f -> f.breakBeforeMakeLevel(0)),
            "SMMUv3.2 has BBML 1 or 2; use one of these, or architecture 3.1"),
        arguments(
            change(f -> f.feature(Feature.TWO_LEVEL_STREAM_TABLE, false)),
            "StreamIDs of more than 6 bits need TWO_LEVEL_STREAM_TABLE"),
        arguments(
            change(f -> f.streamIdBits(8).platformStreams(Set.of(0x100))),
            "platform stream 0x100 is wider than a StreamID of 8 bits"),
        arguments(
            change(
                f ->
                    f.feature(Feature.VAX52, false)
                        .feature(Feature.GRAN64K, false)
                        .outputAddressBits(52)),
            "52-bit output addresses need GRAN64K"));
  }

  @ParameterizedTest
  @MethodSource("brokenRules")
  void featuresThatDoNotGoTogetherAreRefusedWithTheRule(
      Consumer<SmmuFeatures.Builder> change, String rule) {
    assertThatThrownBy(() -> DEFAULTS.change(change)).hasMessageStartingWith(rule);
  }

  @Test
  void allBrokenRulesAreToldAtOnce() {
    assertThatThrownBy(() -> only(Architecture.V3_0, 6))
        .hasMessage(
            "an SMMU has at least one stage; add S1P or S2P; an SMMU has at least one granule;"
                + " add GRAN4K, GRAN16K or GRAN64K");
  }

  @Test
  void substreamsNeedStage1() {
    assertThatThrownBy(
            () ->
                only(Architecture.V3_0, 6, Feature.S2P, Feature.GRAN4K)
                    .change(f -> f.substreamIdBits(4)))
        .hasMessage("substreams choose a context of stage 1; add S1P, or use 0 SubstreamID bits");
  }

  @ParameterizedTest
  @CsvSource({
    "V3_1, S1P, HAD, 3.0",
    "V3_1, S2P, XNX, 3.0",
    "V3_2, S2P, FWB, 3.1",
    "V3_2, S1P, RIL, 3.1"
  })
  void aVersionMakesFeaturesMandatory(
      Architecture version, Feature stage, Feature mandatory, String older) {
    assertThat(only(Architecture.V3_0, 6, stage, Feature.GRAN4K).has(mandatory)).isFalse();
    assertThatThrownBy(() -> only(version, 6, stage, Feature.GRAN4K))
        .hasMessageContaining(
            mandatory
                + " is mandatory from SMMUv"
                + version
                + " on; add "
                + mandatory
                + ", or use architecture "
                + older);
  }

  @Test
  void withBothStagesSmmuV32HasEl2() {
    assertThatThrownBy(() -> DEFAULTS.without(Feature.HYP))
        .hasMessageContaining("HYP is mandatory from SMMUv3.2 on");
    assertThat(
            DEFAULTS
                .change(f -> f.architecture(Architecture.V3_1).feature(Feature.HYP, false))
                .has(Feature.HYP))
        .isFalse();
  }

  @Test
  void aFeatureMayBeShownBeforeItIsMandatory() {
    BareGuest guest = new BareGuest(DEFAULTS.change(f -> f.architecture(Architecture.V3_0)));
    assertThat(guest.readRegister("AIDR")).isZero();
    assertThat(guest.readRegister("IDR3") & 1 << 10).isNotZero();
  }

  // ID registers

  @Test
  void theSmmuOfQemusVirtMachineCanBeReproduced() {
    BareGuest guest = new BareGuest(qemuVirt());
    assertThat(guest.readRegister("IDR0")).isEqualTo(0x0d44101bL);
    assertThat(guest.readRegister("IDR1")).isEqualTo(0x02730010L);
    assertThat(guest.readRegister("IDR2")).isZero();
    assertThat(guest.readRegister("IDR3")).isEqualTo(0x1414L);
    assertThat(guest.readRegister("IDR4")).isZero();
    assertThat(guest.readRegister("IDR5")).isEqualTo(0x74L);
    assertThat(guest.readRegister("AIDR")).isEqualTo(1);
  }

  @Test
  void withoutAnythingExtraTheIdRegistersShowNothingExtra() {
    BareGuest guest = new BareGuest(only(Architecture.V3_0, 6, Feature.S1P, Feature.GRAN16K));
    // S1P, TTF = 2, TTENDIAN = 2, STALL_MODEL = 1.
    assertThat(guest.readRegister("IDR0")).isEqualTo(1 << 1 | 2 << 2 | 2 << 21 | 1 << 24);
    assertThat(guest.readRegister("IDR1")).isEqualTo(6 | 1 << 16 | 1 << 21);
    assertThat(guest.readRegister("IDR3")).isZero();
    assertThat(guest.readRegister("IDR5")).isEqualTo(5 | 1 << 5);
  }

  @ParameterizedTest
  @CsvSource({
    "COHACC, IDR0, 4",
    "BTM, IDR0, 5",
    "MSI, IDR0, 13",
    "SEV, IDR0, 14",
    "ATOS, IDR0, 15",
    "VMW, IDR0, 17",
    "VMID16, IDR0, 18",
    "CD2L, IDR0, 19",
    "ASID16, IDR0, 12",
    "ATSRECERR, IDR0, 23",
    "ATTR_PERMS_OVR, IDR1, 26",
    "ATTR_TYPES_OVR, IDR1, 27",
    "PPS, IDR3, 5",
    "STT, IDR3, 9",
    "E0PD, IDR3, 13",
    "GRAN4K, IDR5, 4",
    "GRAN16K, IDR5, 5",
    "VAX52, IDR5, 10"
  })
  void aFeatureIsOneBitOfOneRegister(Feature feature, String register, int bit) {
    assertThat(new BareGuest(DEFAULTS).readRegister(register) >>> bit & 1).isEqualTo(1);
    assertThat(new BareGuest(DEFAULTS.without(feature)).readRegister(register) >>> bit & 1)
        .isZero();
  }

  @Test
  void sizesAndChoicesShowInTheIdRegisters() {
    BareGuest guest =
        new BareGuest(
            DEFAULTS.change(
                f ->
                    f.feature(Feature.VAX52, false)
                        .streamIdBits(10)
                        .substreamIdBits(0)
                        .outputAddressBits(52)
                        .httu(Httu.ACCESS_FLAG)
                        .stallMax(0x1234)
                        .breakBeforeMakeLevel(1)
                        .queues(new Queues(5, 6, 7))));
    assertThat(guest.readRegister("IDR1") & 0x3ff_ffff).isEqualTo(10 | 7 << 11 | 6 << 16 | 5 << 21);
    assertThat(guest.readRegister("IDR5")).isEqualTo(6 | 7 << 4 | 0x1234 << 16);
    assertThat(guest.readRegister("IDR0") >>> 6 & 3).isEqualTo(1);
    assertThat(guest.readRegister("IDR3") >>> 11 & 3).isEqualTo(1);
    // No 2-level tables of the one context descriptor that there is.
    assertThat(guest.readRegister("IDR0") & 1 << 19).isZero();
  }

  @ParameterizedTest
  @CsvSource({"CONFIGURABLE, 0, 256", "FORCED, 2, 256", "TERMINATE_ONLY, 1, 0"})
  void theStallModelShowsWithTheNumberOfStalls(StallModel model, int code, int stalls) {
    SmmuFeatures features =
        DEFAULTS
            .without(Feature.ATS, Feature.PRI, Feature.PPS, Feature.SPLIT_ATS, Feature.ATSRECERR)
            .change(f -> f.stallModel(model));
    BareGuest guest = new BareGuest(features);
    assertThat(guest.readRegister("IDR0") >>> 24 & 3).isEqualTo(code);
    assertThat(guest.readRegister("IDR5") >>> 16).isEqualTo(stalls);
  }

  /** NS1ATS is 1 where split ATS is absent, but only where it could be. */
  @Test
  void ns1AtsIsInverted() {
    int ns1Ats = 1 << 11;
    assertThat(new BareGuest(DEFAULTS).readRegister("IDR0") & ns1Ats).isZero();
    assertThat(new BareGuest(DEFAULTS.without(Feature.SPLIT_ATS)).readRegister("IDR0") & ns1Ats)
        .isNotZero();
    assertThat(new BareGuest(qemuVirt()).readRegister("IDR0") & ns1Ats).isZero();
  }
}

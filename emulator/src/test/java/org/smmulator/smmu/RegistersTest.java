package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.Transaction;

class RegistersTest {
  private static SmmuFeatures withoutAts() {
    return SmmuFeatures.defaults()
        .without(Feature.ATS, Feature.PRI, Feature.PPS, Feature.SPLIT_ATS, Feature.ATSRECERR);
  }

  private final BareGuest guest = new BareGuest(SmmuFeatures.defaults());

  @Test
  void idRegistersShowWhatIsImplemented() {
    // S2P, S1P, TTF=2, COHACC, BTM, HTTU=2, HYP, ATS, ASID16, MSI, SEV, ATOS, PRI, VMW, VMID16,
    // CD2L, TTENDIAN=2, ATSRECERR, ST_LEVEL=1.
    assertThat(guest.readRegister("IDR0"))
        .isEqualTo(
            1 | 1 << 1 | 2 << 2 | 1 << 4 | 1 << 5 | 2 << 6 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13
                | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 18 | 1 << 19 | 2 << 21 | 1 << 23
                | 1 << 27);
    assertThat(guest.readRegister("IDR1"))
        .isEqualTo(16 | 20 << 6 | 19 << 11 | 19 << 16 | 19 << 21 | 3 << 26);
    // HAD, XNX, PPS, FWB, STT, RIL, BBML=2, E0PD.
    assertThat(guest.readRegister("IDR3"))
        .isEqualTo(1 << 2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 10 | 2 << 11 | 1 << 13);
    // OAS=48, all granules, VAX, STALL_MAX.
    assertThat(guest.readRegister("IDR5")).isEqualTo(5 | 7 << 4 | 1 << 10 | 256 << 16);
    assertThat(guest.readRegister("AIDR")).isEqualTo(2);
    assertThat(guest.readRegister("IIDR")).isZero();
  }

  @Test
  void withoutAtsAndPriTheirFieldsDoNotExist() {
    BareGuest plain = new BareGuest(withoutAts());

    plain.writeRegister("CR0", 0xffff_ffffL);
    plain.writeRegister("IRQ_CTRL", 0xffff_ffffL);
    plain.writeRegister64("PRIQ_BASE", -1L);
    plain.writeRegister("PRIQ_CONS", -1L);

    assertThat(plain.readRegister("IDR0") & (1 << 10 | 1 << 16 | 1 << 23)).isZero();
    assertThat(plain.readRegister("IDR1") >> 11 & 0x1f).isZero();
    assertThat(plain.readRegister("CR0ACK")).isEqualTo(0b1_1100_1101);
    assertThat(plain.readRegister("IRQ_CTRLACK")).isEqualTo(0b101);
    assertThat(plain.readRegister64("PRIQ_BASE")).isZero();
    assertThat(plain.readRegister("PRIQ_CONS")).isZero();
  }

  @Test
  void acknowledgesEnablesAtOnceAndTellsWhoPolls() {
    guest.writeRegister("CR0", 0xffff_ffffL);
    assertThat(guest.readRegister("CR0")).isEqualTo(0b1_1101_1111);
    assertThat(guest.readRegister("CR0ACK")).isEqualTo(0b1_1101_1111);
    assertThat(guest.outputs.registersChanged).isEqualTo(1);

    guest.writeRegister("IRQ_CTRL", 0xffff_ffffL);
    assertThat(guest.readRegister("IRQ_CTRL")).isEqualTo(0b111);
    assertThat(guest.readRegister("IRQ_CTRLACK")).isEqualTo(0b111);
    assertThat(guest.outputs.registersChanged).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "CR2, 0xf",
    "STRTAB_BASE_CFG, 0x307ff",
    "CR1, 0xfff",
    "EVENTQ_IRQ_CFG1, 0xffffffff",
    "EVENTQ_IRQ_CFG2, 0x3f",
    "PRIQ_IRQ_CFG2, 0x8000003f",
    "GERRORN, 0",
    "AGBPA, 0",
    "GATOS_CTRL, 0",
    "CR0ACK, 0",
    "GERROR, 0",
    "STATUSR, 0"
  })
  void bitsThatDoNotExistReadZero(String register, String mask) {
    guest.writeRegister(register, 0xffff_ffffL);
    assertThat(guest.readRegister(register)).isEqualTo(Long.decode(mask));
  }

  @Test
  void wideRegistersTakeWholeAndHalfAccesses() {
    int base = Vectors.register("STRTAB_BASE");
    guest.smmu.writeRegister(base, 4, 0xffff_ffffL);
    guest.smmu.writeRegister(base + 4, 4, 0x4000_1234L);

    assertThat(guest.readRegister64("STRTAB_BASE")).isEqualTo(0x4000_1234_ffff_ffc0L);
    assertThat(guest.smmu.readRegister(base, 4)).isEqualTo(0xffff_ffc0L);
    assertThat(guest.smmu.readRegister(base + 4, 4)).isEqualTo(0x4000_1234L);

    guest.writeRegister64("STRTAB_BASE", 0x0000_00ab_cdef_0140L);
    assertThat(guest.readRegister64("STRTAB_BASE")).isEqualTo(0x0000_00ab_cdef_0140L);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        -4,
        0x21,
        0x26,
        0x1a0,
        0x104,
        0x200,
        0xa8,
        0xc8,
        0x8000,
        0x10020,
        0x20000,
        Integer.MAX_VALUE
      })
  void whereNoRegisterIsReadsZeroAndIgnoresWrites(int offset) {
    guest.smmu.writeRegister(offset, 4, -1);
    assertThat(guest.smmu.readRegister(offset, 4)).isZero();
  }

  @Test
  void aWideAccessToTwoNarrowRegistersIsIgnored() {
    guest.smmu.writeRegister(Vectors.register("CR0"), 8, -1);
    assertThat(guest.readRegister("CR0")).isZero();
    assertThat(guest.smmu.readRegister(0, 8)).isZero();
    assertThat(guest.smmu.readRegister(Vectors.register("CMDQ_BASE") + 4, 8)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "STRTAB_BASE_CFG, CR0, 1",
    "STRTAB_BASE, CR0, 1",
    "CR2, CR0, 1",
    "CMDQ_BASE, CR0, 8",
    "CMDQ_CONS, CR0, 8",
    "EVENTQ_BASE, CR0, 4",
    "EVENTQ_PROD, CR0, 4",
    "PRIQ_BASE, CR0, 2",
    "PRIQ_PROD, CR0, 2",
    "GERROR_IRQ_CFG0, IRQ_CTRL, 1",
    "GERROR_IRQ_CFG1, IRQ_CTRL, 1",
    "GERROR_IRQ_CFG2, IRQ_CTRL, 1",
    "PRIQ_IRQ_CFG0, IRQ_CTRL, 2",
    "PRIQ_IRQ_CFG1, IRQ_CTRL, 2",
    "PRIQ_IRQ_CFG2, IRQ_CTRL, 2",
    "EVENTQ_IRQ_CFG0, IRQ_CTRL, 4",
    "EVENTQ_IRQ_CFG1, IRQ_CTRL, 4",
    "EVENTQ_IRQ_CFG2, IRQ_CTRL, 4"
  })
  void guardedRegistersIgnoreWritesWhileEnabled(String register, String enable, int bit) {
    guest.writeRegister(register, -1);
    long before = guest.readRegister(register);
    assertThat(before).isNotZero();

    guest.writeRegister(enable, bit);
    guest.writeRegister(register, 0);
    assertThat(guest.readRegister(register)).isEqualTo(before);

    guest.writeRegister(enable, 0);
    guest.writeRegister(register, 0);
    assertThat(guest.readRegister(register)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1, 0xfc0", "8, 0x03f", "4, 0x03f", "2, 0x03f"})
  void eachHalfOfCr1HasItsOwnGuard(int enable, String kept) {
    guest.writeRegister("CR1", 0xfff);
    guest.writeRegister("CR0", enable);
    guest.writeRegister("CR1", 0);
    assertThat(guest.readRegister("CR1")).isEqualTo(Long.decode(kept));
  }

  @Test
  void consumerPositionsOfOutputQueuesAreAlwaysWritable() {
    guest.prepare();
    guest.writeRegister("CR0", 0b1111);
    guest.writeRegister("EVENTQ_CONS", 0x8000_0003L);
    guest.writeRegister("PRIQ_CONS", 0x8000_0005L);
    assertThat(guest.readRegister("EVENTQ_CONS")).isEqualTo(0x8000_0003L);
    assertThat(guest.readRegister("PRIQ_CONS")).isEqualTo(0x8000_0005L);
  }

  @Test
  void queuePositionsHaveNoBitsAboveTheWrapBit() {
    guest.writeRegister64("CMDQ_BASE", 3);
    guest.writeRegister("CMDQ_PROD", 0xffff_ffffL);
    assertThat(guest.readRegister("CMDQ_PROD")).isEqualTo(0xf);

    BareGuest small =
        new BareGuest(SmmuFeatures.defaults().withQueues(new SmmuFeatures.Queues(2, 2, 2)));
    small.writeRegister64("CMDQ_BASE", 31);
    small.writeRegister("CMDQ_CONS", 0xffff_ffffL);
    assertThat(small.readRegister64("CMDQ_BASE")).isEqualTo(31);
    assertThat(small.readRegister("CMDQ_CONS")).isEqualTo(0b111);
  }

  @Test
  void gbpaHasTheOverridesThatTheStreamTableHas() {
    guest.writeRegister("GBPA", 0xffff_ffffL);
    assertThat(guest.readRegister("GBPA")).isEqualTo(0x1f3f1fL);

    BareGuest plain =
        new BareGuest(
            SmmuFeatures.defaults().without(Feature.ATTR_TYPES_OVR, Feature.ATTR_PERMS_OVR));
    assertThat(plain.readRegister("GBPA")).isZero();
    plain.writeRegister("GBPA", 0xffff_ffffL);
    assertThat(plain.readRegister("GBPA")).isEqualTo(1 << 20);
  }

  @Test
  void withoutMessagesTheirRegistersDoNotExistButLastOnlyDoes() {
    BareGuest wired = new BareGuest(SmmuFeatures.defaults().without(Feature.MSI));
    for (String source : List.of("GERROR", "EVENTQ", "PRIQ")) {
      wired.writeRegister64(source + "_IRQ_CFG0", -1);
      wired.writeRegister(source + "_IRQ_CFG1", -1);
      wired.writeRegister(source + "_IRQ_CFG2", -1);
      assertThat(wired.readRegister64(source + "_IRQ_CFG0")).isZero();
      assertThat(wired.readRegister(source + "_IRQ_CFG1")).isZero();
      assertThat(wired.readRegister(source + "_IRQ_CFG2"))
          .isEqualTo(source.equals("PRIQ") ? 1L << 31 : 0);
    }
  }

  @Test
  void withoutTheirFeaturesTheFieldsOfCr2DoNotExist() {
    BareGuest plain =
        new BareGuest(
            SmmuFeatures.defaults()
                .change(f -> f.architecture(Architecture.V3_1))
                .without(Feature.HYP, Feature.BTM, Feature.ATSRECERR));
    assertThat(plain.readRegister("CR2")).isZero();
    plain.writeRegister("CR2", -1);
    assertThat(plain.readRegister("CR2")).isEqualTo(0b10);
  }

  @Test
  void withoutGroupsOfVmidsTheirFieldDoesNotExist() {
    BareGuest plain = new BareGuest(SmmuFeatures.defaults().without(Feature.VMW));
    plain.writeRegister("CR0", -1);
    assertThat(plain.readRegister("CR0ACK")).isEqualTo(0b1_1111);
  }

  @Test
  void withoutTwoLevelsTheFormatOfTheStreamTableIsLinear() {
    BareGuest plain =
        new BareGuest(
            SmmuFeatures.defaults()
                .change(f -> f.streamIdBits(6).feature(Feature.TWO_LEVEL_STREAM_TABLE, false)));
    plain.writeRegister("STRTAB_BASE_CFG", -1);
    assertThat(plain.readRegister("STRTAB_BASE_CFG")).isEqualTo(0x3f);
  }

  @ParameterizedTest
  @CsvSource({
    "V3_0, 52, STRTAB_BASE, 0x4000ffffffffffc0",
    "V3_1, 52, STRTAB_BASE, 0x400fffffffffffc0",
    "V3_0, 52, CMDQ_BASE, 0x4000ffffffffffff",
    "V3_1, 52, CMDQ_BASE, 0x400fffffffffffff",
    "V3_1, 40, CMDQ_BASE, 0x400000ffffffffff",
    "V3_0, 52, EVENTQ_IRQ_CFG0, 0x0000fffffffffffc",
    "V3_1, 52, EVENTQ_IRQ_CFG0, 0x000ffffffffffffc"
  })
  void addressesGrewWithTheVersion(Architecture version, int bits, String register, String mask) {
    BareGuest versioned =
        new BareGuest(
            SmmuFeatures.defaults().change(f -> f.architecture(version).outputAddressBits(bits)));
    versioned.writeRegister64(register, -1);
    assertThat(versioned.readRegister64(register)).isEqualTo(Long.decode(mask));
  }

  @Test
  void broadcastsOfCpusAreForThoseWhoAskForThem() {
    assertThat(guest.readRegister("CR2")).isEqualTo(1 << 2);
  }

  @Test
  void anErrorThatIsNotActiveCannotBeAcknowledged() {
    guest.writeRegister("GERRORN", 0x1fd);
    assertThat(guest.readRegister("GERRORN")).isZero();
    guest.bringUp();
    guest.submit(new Structure("command", 2));
    guest.run();
    guest.writeRegister("GERRORN", 0x1fd);
    assertThat(guest.readRegister("GERRORN")).isEqualTo(1);
  }

  @Test
  void writingThePositionOfADisabledQueueKeepsItsError() {
    guest.bringUp();
    guest.submit(new Structure("command", 2));
    guest.run();
    guest.writeRegister("CR0", 0);
    guest.writeRegister("CMDQ_CONS", 3);
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(3 | 1 << 24);
  }

  @Test
  void whileDisabledGbpaDecidesAndNothingIsRecorded() {
    guest.prepare();
    guest.writeRegister("CR0", 0b100);
    assertThat(guest.read(1, BareGuest.NONE, 0x1234)).isEqualTo(0x1234);
    assertThat(guest.read(1, 7, 0xffff_ffff_fff8L)).isEqualTo(0xffff_ffff_fff8L);
    assertThat(guest.access(1, BareGuest.NONE, 1L << 48, false))
        .isEqualTo(Transaction.Outcome.TERMINATED);

    guest.writeRegister("GBPA", 1L << 31 | 1 << 20);
    assertThat(guest.access(1, BareGuest.NONE, 0x1234, false))
        .isEqualTo(Transaction.Outcome.TERMINATED);
    assertThat(guest.tx.isRazWi()).isFalse();
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void anErrorIsActiveUntilAcknowledgedAndRepeatsAreLost() {
    guest.bringUp();
    guest.submit(new Structure("command", 2));
    guest.run();
    assertThat(guest.readRegister("GERROR")).isEqualTo(1);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.GERROR));

    guest.writeRegister("GERRORN", 1);
    guest.run();
    // The same bad command again: the bit toggles back.
    assertThat(guest.readRegister("GERROR")).isZero();
    assertThat(guest.activeErrors()).isEqualTo(1);
  }

  @Test
  void anAbortedErrorMessageIsReportedWithoutAnotherInterrupt() {
    guest.writeRegister64("GERROR_IRQ_CFG0", 0x1000);
    guest.writeRegister("GERROR_IRQ_CFG1", 80);
    guest.bringUp();
    guest.submit(new Structure("command", 2));
    guest.run();
    assertThat(guest.activeErrors()).isEqualTo(1 | 1 << 7);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.GERROR));
  }

  @Test
  void sendsErrorMessagesWhereTheRegistersSay() {
    guest.writeRegister64("GERROR_IRQ_CFG0", 0x0802_0040L);
    guest.writeRegister("GERROR_IRQ_CFG1", 99);
    guest.bringUp();
    guest.submit(new Structure("command", 2));
    guest.run();
    assertThat(guest.msis).isEqualTo(List.of(99));
  }

  @Test
  void aMaskedErrorInterruptIsNotSentLater() {
    guest.prepare();
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister("CR0", 0b1111);
    guest.submit(new Structure("command", 2));
    guest.run();
    guest.writeRegister("IRQ_CTRL", 0b111);
    assertThat(guest.activeErrors()).isEqualTo(1);
    assertThat(guest.outputs.pulses).isEmpty();
  }
}

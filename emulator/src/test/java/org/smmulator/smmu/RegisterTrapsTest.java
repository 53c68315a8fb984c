package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.register.Cr1;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.Transaction;

/** What is easy to get wrong about the registers. */
class RegisterTrapsTest {
  private final BareGuest guest = new BareGuest(SmmuFeatures.defaults());

  @ParameterizedTest
  @CsvSource({"EVENTQ_PROD, 0xa8", "EVENTQ_CONS, 0xac", "PRIQ_PROD, 0xc8", "PRIQ_CONS, 0xcc"})
  void positionsOfOutputQueuesAreInTheSecondPageAlone(String register, int firstPage) {
    assertThat(Vectors.register(register)).isEqualTo(0x10000 + firstPage);
    guest.writeRegister(register, 1);
    assertThat(guest.readRegister(register)).isEqualTo(1);
    assertThat(guest.smmu.readRegister(firstPage, 4)).isZero();
    guest.smmu.writeRegister(firstPage, 4, 0);
    assertThat(guest.readRegister(register)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"IDR0", "CR0", "GBPA", "GERROR", "STRTAB_BASE_CFG", "CMDQ_PROD"})
  void theSecondPageIsNoMirrorOfTheFirst(String register) {
    guest.writeRegister("STRTAB_BASE_CFG", 8);
    guest.smmu.writeRegister(0x10000 + Vectors.register(register), 4, 1);
    assertThat(guest.smmu.readRegister(0x10000 + Vectors.register(register), 4)).isZero();
    assertThat(guest.readRegister("CR0")).isZero();
  }

  @Test
  void messagesOfTheCommandQueueHaveNoRegisters() {
    for (int offset = 0x10000; offset < 0x100a8; offset += 4) {
      guest.smmu.writeRegister(offset, 4, -1);
      assertThat(guest.smmu.readRegister(offset, 4)).isZero();
    }
  }

  @Test
  void theWrapBitStandsAboveTheIndex() {
    guest.prepare();
    guest.writeRegister("CR0", 0b1000);
    for (int i = 0; i < 16; i++) {
      guest.submit(Structure.command("TLBI_NSNH_ALL"));
    }
    assertThat(guest.readRegister("CMDQ_PROD")).isEqualTo(1 << BareGuest.QUEUE_LOG2);
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1 << BareGuest.QUEUE_LOG2);
  }

  @Test
  void writingTheBaseOfAQueueLeavesItsPositions() {
    guest.writeRegister64("CMDQ_BASE", 4);
    guest.writeRegister64("EVENTQ_BASE", 4);
    guest.writeRegister("CMDQ_PROD", 7);
    guest.writeRegister("EVENTQ_PROD", 0x8000_0009L);
    guest.writeRegister64("CMDQ_BASE", 0x4000_0005L);
    guest.writeRegister64("EVENTQ_BASE", 0x4000_1005L);
    assertThat(guest.readRegister("CMDQ_PROD")).isEqualTo(7);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(0x8000_0009L);
  }

  @Test
  void gbpaChangesOnlyByAnUpdate() {
    long abort = 1L << 20;
    long update = 1L << 31;
    guest.writeRegister("GBPA", abort);
    assertThat(guest.readRegister("GBPA")).isEqualTo(1 << 12);

    guest.writeRegister("GBPA", abort | update);
    assertThat(guest.readRegister("GBPA")).isEqualTo(abort);
    assertThat(guest.outputs.registersChanged).isEqualTo(1);

    guest.writeRegister("GBPA", update);
    assertThat(guest.readRegister("GBPA")).isZero();
  }

  @Test
  void anSmmuThatIsDisabledAbortsWhereGbpaSaysSo() {
    guest.prepare();
    assertThat(guest.read(1, BareGuest.NONE, 0x1234)).isEqualTo(0x1234);
    guest.writeRegister("GBPA", 1L << 31 | 1 << 20);
    assertThat(guest.access(1, BareGuest.NONE, 0x1234, false))
        .isEqualTo(Transaction.Outcome.TERMINATED);
    assertThat(guest.tx.isRazWi()).isFalse();
  }

  @Test
  void anSmmuThatIsDisabledAbortsWhatIsBeyondItsAddresses() {
    guest.prepare();
    guest.writeRegister("CR0", 0b100);
    assertThat(guest.access(1, BareGuest.NONE, 1L << 48, false))
        .isEqualTo(Transaction.Outcome.TERMINATED);
    assertThat(guest.takeEvents()).isEmpty();
  }

  /** In CR1, write-back is 1 and write-through 2; in a context descriptor it depends. */
  @Test
  void cacheabilityOfTablesAndQueuesHasCodesOfItsOwn() {
    guest.writeRegister("CR1", 0xd75);
    long cr1 = guest.readRegister("CR1");
    assertThat(cr1).isEqualTo(0xd75);
    int innerShareable = 3;
    int writeBack = 1;
    assertThat(Cr1.TABLE_SH.get(cr1)).isEqualTo(innerShareable);
    assertThat(Cr1.TABLE_OC.get(cr1)).isEqualTo(writeBack);
    assertThat(Cr1.TABLE_IC.get(cr1)).isEqualTo(writeBack);
    assertThat(Cr1.QUEUE_SH.get(cr1)).isEqualTo(innerShareable);
    assertThat(Cr1.QUEUE_OC.get(cr1)).isEqualTo(writeBack);
    assertThat(Cr1.QUEUE_IC.get(cr1)).isEqualTo(writeBack);
  }

  @ParameterizedTest
  @ValueSource(strings = {"STRTAB_BASE", "CMDQ_BASE", "EVENTQ_BASE", "PRIQ_BASE"})
  void bothHalvesOfA64BitRegisterCanBeWrittenByThemselves(String register) {
    int offset = Vectors.register(register);
    guest.smmu.writeRegister(offset + 4, 4, 0x12);
    guest.smmu.writeRegister(offset, 4, 0x3456_0000L);
    assertThat(guest.readRegister64(register)).isEqualTo(0x12_3456_0000L);
    assertThat(guest.smmu.readRegister(offset + 4, 4)).isEqualTo(0x12);
  }

  @ParameterizedTest
  @ValueSource(strings = {"CR1", "CR2", "STRTAB_BASE_CFG"})
  void tablesAndControlCannotChangeUnderAnEnabledSmmu(String register) {
    guest.prepare();
    guest.writeRegister("CR0", 0b1_1111);
    long before = guest.readRegister(register);
    guest.writeRegister(register, ~before);
    assertThat(guest.readRegister(register)).isEqualTo(before);
  }

  @Test
  void reservedBitsAreNotAcknowledged() {
    guest.writeRegister("CR0", 0xffff_ffffL);
    assertThat(guest.readRegister("CR0ACK") & ~0x1dfL).isZero();
    guest.writeRegister("IRQ_CTRL", 0xffff_ffffL);
    assertThat(guest.readRegister("IRQ_CTRLACK") & ~7L).isZero();
  }

  /** CR0ACK shows PRIQEN as it is, but without the SMMU no page request gets through. */
  @Test
  void thePriQueueIsOffWithTheSmmu() {
    guest.prepare();
    guest.writeRegister("CR0", 0b0110);
    assertThat(guest.readRegister("CR0ACK")).isEqualTo(0b0110);
    guest.smmu.pageRequest(5, 7, 0x1000, 1, PageRequestFlags.READ);
    assertThat(guest.readRegister("PRIQ_PROD")).isZero();
    assertThat(guest.outputs.responses).hasSize(1);
  }

  @Test
  void disablingTheSmmuKeepsItsCaches() {
    guest.prepare();
    guest.writeRegister("CR0", 0b1_1111);
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.read(5, BareGuest.NONE, 0x1000);
    guest.storeSte(5, BareGuest.ste(0b000));
    guest.writeRegister("CR0", 0b1_1110);
    guest.writeRegister("CR0", 0b1_1111);
    assertThat(guest.read(5, BareGuest.NONE, 0x1000)).isEqualTo(0x1000);
  }

  @Test
  void anotherValueOfCr2DropsWhatWasJudgedByTheOldOne() {
    guest.prepare();
    guest.writeRegister("CR0", 0b1_1111);
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.read(5, BareGuest.NONE, 0x1000);
    guest.storeSte(5, BareGuest.ste(0b000));
    guest.writeRegister("CR0", 0b1_1110);
    guest.writeRegister("CR2", 0b1011);
    guest.writeRegister("CR0", 0b1_1111);
    assertThat(guest.access(5, BareGuest.NONE, 0x1000, false))
        .isEqualTo(Transaction.Outcome.TERMINATED);
  }

  @Test
  void errorIsShownBeforeItsCauseAndTheInterruptComesLast() {
    long[] seen = new long[3];
    BareGuest[] self = new BareGuest[1];
    RecordedOutputs outputs =
        new RecordedOutputs() {
          @Override
          public void registersChanged() {
            super.registersChanged();
            if (self[0] != null && seen[0] == 0) {
              seen[0] = self[0].readRegister("CMDQ_CONS") >>> 24;
              seen[1] = self[0].readRegister("GERROR");
            }
          }

          @Override
          public void pulse(SmmuInterrupt line) {
            super.pulse(line);
            seen[2] = self[0].readRegister("GERROR");
          }
        };
    self[0] = new BareGuest(SmmuFeatures.defaults(), outputs);
    self[0].prepare();
    self[0].writeRegister("CR0", 0b1_1111);
    seen[0] = 0;
    self[0].submit(new Structure("command", 2));
    self[0].run();
    assertThat(seen).containsExactly(1, 0, 1);
  }
}

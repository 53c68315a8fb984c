package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.RecordedOutputs.PageResponse;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.Transaction;

/** What is easy to get wrong about commands and their queue. */
class CommandTrapsTest {
  private static final int ILLEGAL = 1;
  private static final int ATC_TIMED_OUT = 3;

  private final BareGuest guest = BareGuest.up();

  private static Structure sync() {
    return Structure.command("SYNC");
  }

  private void assertStopped(int error, long at) {
    assertThat(guest.activeErrors()).isEqualTo(1);
    assertThat(guest.commandError()).isEqualTo(error);
    assertThat(guest.readRegister("CMDQ_CONS") & 0xfffff).isEqualTo(at);
    assertThat(guest.smmu.hasWork()).isFalse();
  }

  @Test
  void aQueueOfOneEntryHasItsWrapBitAtTheBottom() {
    guest.writeRegister("CR0", 0);
    long queue = guest.allocate(4096);
    guest.writeRegister64("CMDQ_BASE", queue);
    guest.writeRegister("CMDQ_PROD", 0);
    guest.writeRegister("CMDQ_CONS", 0);
    guest.writeRegister("CR0", 0b1000);
    for (int i = 1; i <= 5; i++) {
      guest.store(queue, Structure.command("TLBI_NH_ALL"));
      guest.writeRegister("CMDQ_PROD", i & 1);
      guest.run();
      assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(i & 1);
    }
    assertThat(guest.smmu.counters().commands()).containsEntry(CommandOpcode.TLBI_NH_ALL, 5L);
  }

  @Test
  void acknowledgingTheErrorAloneResumesAtTheSameSlot() {
    guest.submit(Structure.command("TLBI_NH_ALL"));
    long bad = guest.submit(new Structure("command", 2));
    guest.submit(Structure.command("CFGI_STE"));
    guest.run();
    assertStopped(ILLEGAL, 1);
    assertThat(guest.smmu.counters().commands()).doesNotContainKey(CommandOpcode.CFGI_STE);

    guest.store(bad, sync());
    guest.outputs.workAvailable = 0;
    guest.acknowledgeErrors();
    assertThat(guest.outputs.workAvailable).isEqualTo(1);
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(3);
    assertThat(guest.activeErrors()).isZero();
  }

  @Test
  void aTimeOutShowsAtTheNextSyncOnly() {
    guest.submit(Structure.command("ATC_INV").set("stream", 5));
    guest.submit(Structure.command("ATC_INV").set("stream", 6));
    guest.submit(sync().set("cs", 1));
    guest.run();
    guest.smmu.atcInvalidationDone(true);
    guest.run();
    assertThat(guest.activeErrors()).isZero();

    guest.smmu.atcInvalidationDone(false);
    guest.run();
    assertStopped(ATC_TIMED_OUT, 2);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.GERROR));

    guest.acknowledgeErrors();
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(3);
    assertThat(guest.outputs.pulses)
        .isEqualTo(List.of(SmmuInterrupt.GERROR, SmmuInterrupt.CMD_SYNC));
  }

  @ParameterizedTest
  @CsvSource({"0, 15", "1, 1", "2, 0"})
  void responsesToPageRequestsChangeTheirCode(int commandCode, int busCode) {
    guest.submit(
        Structure.command("PRI_RESP")
            .set("stream", 5)
            .set("ssv", 1)
            .set("substream", 7)
            .set("prgindex", 0x1ab)
            .set("resp", commandCode));
    guest.run();
    assertThat(guest.outputs.responses).isEqualTo(List.of(new PageResponse(5, 7, 0x1ab, busCode)));
  }

  @Test
  void whileTheSmmuIsDisabledEndpointsAreLeftAlone() {
    guest.writeRegister("CR0", 0b1110);
    guest.perform(Structure.command("ATC_INV"));
    guest.perform(Structure.command("PRI_RESP"));
    assertThat(guest.outputs.invalidations).isEmpty();
    assertThat(guest.outputs.responses).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLBI_EL2_ALL",
        "TLBI_EL2_ASID",
        "TLBI_EL2_VA",
        "TLBI_EL2_VAA",
        "ATC_INV",
        "PRI_RESP",
        "RESUME",
        "STALL_TERM"
      })
  void onTheSmmuOfQemusVirtMachineCommandsOfAbsentFeaturesAreIllegal(String command) {
    BareGuest virt = BareGuest.up(SmmuFeaturesTest.qemuVirt());
    virt.submit(Structure.command(command));
    virt.run();
    assertThat(virt.commandError()).isEqualTo(ILLEGAL);
  }

  @Test
  void aSyncWithTheReservedSignalIsIllegal() {
    guest.submit(sync().set("cs", 3));
    guest.run();
    assertStopped(ILLEGAL, 0);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.GERROR));
  }

  /** 7 is a command of MPAM; all configuration is dropped by a range of 31. */
  @Test
  void invalidatingAllConfigurationIsARange() {
    guest.storeSte(5, BareGuest.ste(0b100));
    guest.read(5, BareGuest.NONE, 0x1000);
    guest.storeSte(5, BareGuest.ste(0b000));
    guest.submit(new Structure("command", 2).set("opcode", 7));
    guest.run();
    assertStopped(ILLEGAL, 0);
    assertThat(guest.read(5, BareGuest.NONE, 0x1000)).isEqualTo(0x1000);

    guest.writeRegister("CMDQ_PROD", 0);
    guest.acknowledgeErrors();
    guest.perform(Structure.command("CFGI_STE_RANGE").set("range", 31));
    assertThat(guest.access(5, BareGuest.NONE, 0x1000, false))
        .isEqualTo(Transaction.Outcome.TERMINATED);
  }

  /** Bit 8 is no field of the command. */
  @Test
  void secureIsBitTen() {
    Structure command = Structure.command("CFGI_STE");
    command.words()[0] |= 1 << 8;
    guest.submit(command);
    command.words()[0] |= 1 << 10;
    guest.submit(command);
    guest.run();
    assertStopped(ILLEGAL, 1);
  }

  @Test
  void illegalOutranksIgnored() {
    guest.writeRegister("CR0", 0b1110);
    guest.submit(Structure.command("PRI_RESP").set("resp", 3));
    guest.run();
    assertStopped(ILLEGAL, 0);
  }

  @Test
  void aWireIsPulsedWithAndWithoutAMessage() {
    guest.submit(sync().set("cs", 1).set("msidata", 90));
    guest.run();
    assertThat(guest.msis).isEmpty();
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.CMD_SYNC));
    guest.submit(sync().set("cs", 1).set("msiaddress", 0x0802_0040L).set("msidata", 90));
    guest.run();
    assertThat(guest.msis).isEqualTo(List.of(90));
    assertThat(guest.outputs.pulses).hasSize(2);
  }

  @Test
  void anSmmuWithoutMessagesSendsNoneForASync() {
    BareGuest wired = BareGuest.up(BareGuest.smallCaches().without(Feature.MSI));
    wired.submit(sync().set("cs", 1).set("msiaddress", 0x0802_0040L).set("msidata", 90));
    wired.run();
    assertThat(wired.msis).isEmpty();
    assertThat(wired.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.CMD_SYNC));
  }

  @Test
  void commandsDoNotRunWhileTheQueueIsDisabled() {
    guest.writeRegister("CR0", 0b0111);
    guest.submit(sync());
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isZero();
  }

  @Test
  void thePositionMovesAfterTheCommandAndBeforeItsSignal() {
    BareGuest[] self = new BareGuest[1];
    long[] seen = {-1, -1};
    self[0] =
        new BareGuest(
            BareGuest.smallCaches(),
            new RecordedOutputs() {
              @Override
              public void atcInvalidate(
                  int streamId, int substreamId, long address, int pagesLog2, boolean global) {
                seen[0] = self[0].readRegister("CMDQ_CONS");
                self[0].smmu.atcInvalidationDone(false);
              }

              @Override
              public void pulse(SmmuInterrupt line) {
                seen[1] = self[0].readRegister("CMDQ_CONS");
              }
            });
    self[0].bringUp();
    self[0].submit(Structure.command("ATC_INV"));
    self[0].submit(sync().set("cs", 1));
    self[0].run();
    assertThat(seen).containsExactly(0, 2);
  }

  @Test
  void invalidatingConfigurationLeavesTheTlb() {
    long root = guest.translatingStream(5, 1);
    long pa = BareGuest.RAM + 0x800_0000L;
    guest.map(root, 0x5000, pa);
    guest.read(5, BareGuest.NONE, 0x5000);
    guest.map(root, 0x5000, pa + 0x1000);
    guest.perform(Structure.command("CFGI_STE_RANGE").set("range", 31));
    assertThat(guest.read(5, BareGuest.NONE, 0x5000)).isEqualTo(pa);
  }

  @Test
  void anInvalidEntryIsCachedToo() {
    guest.storeSte(5, new Structure("ste", 8));
    guest.access(5, BareGuest.NONE, 0x1000, false);
    guest.storeSte(5, BareGuest.ste(0b100));
    assertThat(guest.access(5, BareGuest.NONE, 0x1000, false))
        .isEqualTo(Transaction.Outcome.FAULTED);
    guest.perform(Structure.command("CFGI_STE").set("stream", 5).set("leaf", 1));
    assertThat(guest.read(5, BareGuest.NONE, 0x1000)).isEqualTo(0x1000);
  }
}

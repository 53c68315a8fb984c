package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.RecordedOutputs.AtcInvalidation;
import org.smmulator.smmu.RecordedOutputs.PageResponse;

class CommandQueueTest {
  private static final int NONE = BareGuest.NONE;
  private static final int ILLEGAL = 1;
  private static final int ABORTED = 2;
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
  void oneStepExecutesOneCommand() {
    guest.submit(Structure.command("CFGI_STE"));
    guest.submit(Structure.command("TLBI_NH_ALL"));
    guest.smmu.step();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1);
    guest.smmu.step();
    guest.smmu.step();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(2);
    assertThat(guest.smmu.counters().commands())
        .isEqualTo(Map.of(CommandOpcode.CFGI_STE, 1L, CommandOpcode.TLBI_NH_ALL, 1L));
  }

  @Test
  void wrapsAround() {
    for (int i = 0; i < 100; i++) {
      guest.perform(Structure.command("TLBI_NH_ALL"));
    }
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(200 % 32);
    assertThat(guest.smmu.counters().commands()).containsEntry(CommandOpcode.TLBI_NH_ALL, 100L);
  }

  @Test
  void aFullQueueIsNotAnEmptyOne() {
    for (int i = 0; i < 16; i++) {
      guest.submit(Structure.command("TLBI_NH_ALL"));
    }
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(16);
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
  void theBaseIsAlignedToTheSizeOfTheQueue() {
    long base = guest.readRegister64("CMDQ_BASE");
    guest.writeRegister("CR0", 0);
    guest.writeRegister64("CMDQ_BASE", base | 0xe0);
    guest.writeRegister("CR0", 0b1_1111);
    guest.perform(Structure.command("TLBI_NH_ALL"));
    assertThat(guest.smmu.counters().commands()).containsEntry(CommandOpcode.TLBI_NH_ALL, 1L);
  }

  @Test
  void nothingRunsWhileDisabled() {
    guest.writeRegister("CR0", 0b0111);
    guest.submit(sync());
    assertThat(guest.smmu.hasWork()).isFalse();
    guest.outputs.workAvailable = 0;
    guest.writeRegister("CR0", 0b1111);
    assertThat(guest.outputs.workAvailable).isEqualTo(1);
    assertThat(guest.smmu.hasWork()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLBI_EL2_ALL",
        "TLBI_EL2_ASID",
        "TLBI_EL2_VA",
        "TLBI_EL2_VAA",
        "TLBI_EL3_ALL",
        "TLBI_EL3_VA",
        "TLBI_S12_VMALL",
        "TLBI_S2_IPA",
        "CFGI_VMS_PIDM",
        "RESUME",
        "STALL_TERM"
      })
  void commandsOfAbsentFeaturesAreIllegal(String command) {
    guest.submit(Structure.command(command));
    guest.run();
    assertStopped(ILLEGAL, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0x08, 0x14, 0x31, 0x42, 0x47, 0x50, 0x70, 0x80, 0xff})
  void unknownOpcodesAreIllegal(int opcode) {
    guest.submit(new Structure("command", 2).set("opcode", opcode));
    guest.run();
    assertStopped(ILLEGAL, 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PREFETCH_CONFIG",
        "PREFETCH_ADDR",
        "CFGI_STE",
        "CFGI_STE_RANGE",
        "CFGI_CD",
        "CFGI_CD_ALL"
      })
  void secureStreamsDoNotExist(String command) {
    guest.perform(Structure.command(command));
    guest.submit(Structure.command(command).set("ssec", 1));
    guest.run();
    assertStopped(ILLEGAL, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "SYNC, cs, 3",
    "PRI_RESP, resp, 3",
    "ATC_INV, size, 53",
    "TLBI_NH_VA, tg, 1",
    "TLBI_NH_VAA, tg, 3"
  })
  void reservedValuesAreIllegal(String command, String field, int value) {
    guest.submit(Structure.command(command).set(field, value));
    guest.run();
    assertStopped(ILLEGAL, 0);
    assertThat(guest.outputs.invalidations).isEmpty();
    assertThat(guest.outputs.responses).isEmpty();
  }

  @Test
  void illegalOutranksIgnored() {
    guest.writeRegister("CR0", 0b1110);
    guest.submit(Structure.command("PRI_RESP").set("resp", 3));
    guest.run();
    assertStopped(ILLEGAL, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ATC_INV", "PRI_RESP"})
  void withoutAtsItsCommandsAreIllegal(String command) {
    BareGuest plain = BareGuest.up(BareGuest.smallCaches().withAts(false, false, false));
    plain.submit(Structure.command(command));
    plain.run();
    assertThat(plain.commandError()).isEqualTo(ILLEGAL);
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
  void togglingTheEnableDoesNotAcknowledgeAnError() {
    guest.submit(new Structure("command", 2));
    guest.run();
    guest.writeRegister("CR0", 0b0111);
    guest.writeRegister("CR0", 0b1111);
    assertStopped(ILLEGAL, 0);
  }

  @Test
  void anUnreadableEntryStopsTheQueueAndIsFetchedAnew() {
    guest.submit(sync());
    for (int word = 1; word <= 2; word++) {
      guest.memory.abortNth(word);
      guest.run();
      assertStopped(ABORTED, 0);
      guest.acknowledgeErrors();
    }
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1);
  }

  // CMD_SYNC

  @ParameterizedTest
  @CsvSource({"0", "2"})
  void aSyncWithoutInterruptSignalsNothing(int cs) {
    guest.submit(sync().set("cs", cs).set("msiaddress", 0x0802_0040L).set("msidata", 90));
    guest.run();
    assertThat(guest.outputs.pulses).isEmpty();
    assertThat(guest.msis).isEmpty();
  }

  @Test
  void aSyncInterruptsByWireAndByMessage() {
    guest.submit(sync().set("cs", 1));
    guest.run();
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.CMD_SYNC));
    assertThat(guest.msis).isEmpty();

    guest.submit(sync().set("cs", 1).set("msiaddress", 0x0802_0040L).set("msidata", 90));
    guest.run();
    assertThat(guest.outputs.pulses).hasSize(2);
    assertThat(guest.msis).isEqualTo(List.of(90));
  }

  @Test
  void aSyncMayWriteItsMessageOverItself() {
    long at = guest.submit(sync());
    guest.store(at, sync().set("cs", 1).set("msiaddress", at).set("msidata", 0));
    guest.run();
    assertThat(guest.load(at)).isZero();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1);
  }

  @Test
  void anAbortedSyncMessageIsReportedAndTheSyncIsComplete() {
    guest.submit(sync().set("cs", 1).set("msiaddress", 0x1000));
    guest.run();
    assertThat(guest.activeErrors()).isEqualTo(1 << 4);
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1);
  }

  @Test
  void aSyncWaitsForTheInvalidationsBeforeIt() {
    guest.submit(Structure.command("ATC_INV").set("stream", 5));
    guest.submit(Structure.command("ATC_INV").set("stream", 6));
    guest.submit(sync().set("cs", 1));
    guest.submit(Structure.command("CFGI_STE"));
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(2);

    guest.smmu.atcInvalidationDone(false);
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(2);
    assertThat(guest.outputs.pulses).isEmpty();

    guest.outputs.workAvailable = 0;
    guest.smmu.atcInvalidationDone(false);
    assertThat(guest.outputs.workAvailable).isEqualTo(1);
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(4);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.CMD_SYNC));
  }

  @Test
  void otherCommandsDoNotWait() {
    guest.submit(Structure.command("ATC_INV"));
    guest.submit(Structure.command("CFGI_STE"));
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(2);
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

  @Test
  void disablingTheQueueForgetsTheWaitButNotTheInvalidation() {
    guest.submit(Structure.command("ATC_INV"));
    guest.submit(sync());
    guest.run();
    guest.writeRegister("CR0", 0b0111);
    assertThat(guest.readRegister("CR0ACK")).isEqualTo(0b0111);
    guest.writeRegister("CMDQ_PROD", 0);
    guest.writeRegister("CMDQ_CONS", 0);
    guest.writeRegister("CR0", 0b1111);
    guest.submit(Structure.command("CFGI_STE"));
    guest.submit(sync());
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(1);
    guest.smmu.atcInvalidationDone(false);
    guest.run();
    assertThat(guest.readRegister("CMDQ_CONS")).isEqualTo(2);
  }

  // To endpoints

  @Test
  void sendsInvalidationsWithAndWithoutPasid() {
    guest.submit(
        Structure.command("ATC_INV")
            .set("stream", 5)
            .set("substream", 77)
            .set("address", 0x1234_5678_9000L)
            .set("global", 1)
            .set("size", 3));
    guest.submit(
        Structure.command("ATC_INV")
            .set("stream", 5)
            .set("ssv", 1)
            .set("substream", 77)
            .set("address", 0x1234_5678_9000L)
            .set("size", 0));
    guest.submit(
        Structure.command("ATC_INV")
            .set("stream", 5)
            .set("ssv", 1)
            .set("substream", 0xfffff)
            .set("address", 0x1234_5678_9000L)
            .set("global", 1)
            .set("size", 52));
    guest.run();
    assertThat(guest.outputs.invalidations)
        .isEqualTo(
            List.of(
                new AtcInvalidation(5, NONE, 0x1234_5678_8000L, 3, false),
                new AtcInvalidation(5, 77, 0x1234_5678_9000L, 0, false),
                new AtcInvalidation(5, 0xfffff, 0, 52, true)));
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
}

package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.smmu.RecordedOutputs.AtcInvalidation;
import org.smmulator.smmu.explain.QueueText;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuInterrupt;

class CommandQueueTest {
  private static final int NONE = BareGuest.NONE;
  private static final int ILLEGAL = 1;
  private static final int ABORTED = 2;

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

  /** An SMMU with one stage, and nothing that another command needs. */
  private static BareGuest plain(Feature stage) {
    return BareGuest.up(
        BareGuest.smallCaches()
            .change(
                f -> {
                  for (Feature feature : Feature.values()) {
                    f.feature(feature, false);
                  }
                  f.feature(stage, true)
                      .feature(Feature.GRAN4K, true)
                      .feature(Feature.TWO_LEVEL_STREAM_TABLE, true)
                      .architecture(Architecture.V3_0)
                      .substreamIdBits(0)
                      .stallModel(SmmuFeatures.StallModel.TERMINATE_ONLY);
                }));
  }

  @ParameterizedTest
  @CsvSource({
    "TLBI_EL2_ALL, S1P",
    "TLBI_EL2_ASID, S1P",
    "TLBI_EL2_VA, S1P",
    "TLBI_EL2_VAA, S1P",
    "TLBI_S12_VMALL, S1P",
    "TLBI_S2_IPA, S1P",
    "ATC_INV, S1P",
    "PRI_RESP, S1P",
    "RESUME, S1P",
    "STALL_TERM, S1P",
    "CFGI_CD, S2P",
    "CFGI_CD_ALL, S2P",
    "TLBI_NH_ALL, S2P",
    "TLBI_NH_ASID, S2P",
    "TLBI_NH_VA, S2P",
    "TLBI_NH_VAA, S2P"
  })
  void commandsOfAbsentFeaturesAreIllegal(String command, Feature stage) {
    BareGuest plain = plain(stage);
    plain.submit(Structure.command(command));
    plain.run();
    assertThat(plain.commandError()).isEqualTo(ILLEGAL);
    assertThat(plain.readRegister("CMDQ_CONS") & 0xfffff).isZero();
  }

  /** As {@link #commandsOfAbsentFeaturesAreIllegal}, of commands that nobody listed there too. */
  @ParameterizedTest
  @EnumSource
  void everyCommandIsExecutedWhereItsFeatureIsAndIllegalWhereNot(CommandOpcode opcode) {
    guest.submit(new Structure("command", 2).set("opcode", opcode.code()));
    guest.run();
    assertThat(guest.activeErrors()).isZero();
    assertThat(guest.smmu.counters().commands()).containsEntry(opcode, 1L);

    boolean needsStage1 = opcode.needs() == CommandOpcode.Needs.STAGE_1;
    BareGuest plain = plain(needsStage1 ? Feature.S2P : Feature.S1P);
    plain.submit(new Structure("command", 2).set("opcode", opcode.code()));
    plain.run();
    assertThat(plain.readRegister("CMDQ_CONS"))
        .isEqualTo(opcode.needs() == CommandOpcode.Needs.NOTHING ? 1 : ILLEGAL << 24);
  }

  /** With all bits set every field shows; where it is usual, with none set too. */
  @ParameterizedTest
  @EnumSource
  void everyFieldOfACommandIsTold(CommandOpcode opcode) {
    String text = QueueText.command(~0xffL | opcode.code(), -1);
    assertThat(text).startsWith(opcode.name());
    assertThat(text.chars().filter(c -> c == '=')).hasSize(opcode.fields().size());
    if (opcode.fields().contains(CommandField.STREAM_ID)) {
      assertThat(QueueText.command(opcode.code(), 0)).contains("StreamID=0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLBI_EL3_ALL", "TLBI_EL3_VA", "CFGI_VMS_PIDM"})
  void commandsOfOtherQueuesAndOfMpamAreIllegal(String command) {
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
        "CFGI_CD_ALL",
        "RESUME",
        "STALL_TERM"
      })
  void secureStreamsDoNotExist(String command) {
    guest.perform(Structure.command(command));
    guest.submit(Structure.command(command).set("ssec", 1));
    guest.run();
    assertStopped(ILLEGAL, 2);
  }

  @ParameterizedTest
  @CsvSource({"SYNC, cs, 3", "PRI_RESP, resp, 3", "ATC_INV, size, 53"})
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
  @CsvSource({"0, 0", "2, 1"})
  void aSyncWithoutInterruptSendsAtMostAnEvent(int cs, int events) {
    guest.submit(sync().set("cs", cs).set("msiaddress", 0x0802_0040L).set("msidata", 90));
    guest.run();
    assertThat(guest.outputs.pulses).isEmpty();
    assertThat(guest.msis).isEmpty();
    assertThat(guest.outputs.sentEvents).isEqualTo(events);
  }

  @Test
  void withoutEventsASyncThatAsksForOneIsLikeAnyOther() {
    BareGuest plain = plain(Feature.S1P);
    plain.submit(sync().set("cs", 2));
    plain.run();
    assertThat(plain.readRegister("CMDQ_CONS")).isEqualTo(1);
    assertThat(plain.outputs.sentEvents).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PREFETCH_CONFIG", "PREFETCH_ADDR"})
  void aPrefetchTouchesNothingAndRecordsNothing(String prefetch) {
    guest.storeSte(5, new Structure("ste", 8));
    guest.submit(Structure.command(prefetch).set("stream", 5));
    long before = guest.memory.accesses();
    guest.run();
    // The two words of the command.
    assertThat(guest.memory.accesses()).isEqualTo(before + 2);
    assertThat(guest.takeEvents()).isEmpty();
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
}

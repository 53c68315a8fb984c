package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.CompletionStatus.CA;
import static org.smmulator.bus.tlp.CompletionStatus.SC;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.bus.tlp.TlpType;

/** How many reads of peers are under way at a time, and who waits for them. */
class PeerReadsTest extends PeerScene {
  @Test
  void aFunctionHasABoundedNumberOfReadsAndAccessesUnderWay() {
    for (int i = 0; i <= PeerReads.MOST; i++) {
      device.read(i & 0xff, PASID, PEER_VA, 64);
    }
    List<ReceivedPacket> reads = takeReads();
    assertThat(reads).hasSize(PeerReads.MOST_UNDER_WAY);
    assertThat(device.take().status()).as("the one too many").isEqualTo(CA);
    reads.forEach(read -> answer(read, 8));
    assertThat(serve()).isEqualTo(PeerReads.MOST * 8 - reads.size());
    assertThat(device.takeAll())
        .hasSize(PeerReads.MOST)
        .allMatch(completion -> completion.status() == SC);
  }

  private boolean isQueueEmpty() {
    machine.run();
    return guest.read(SmmuRegister.CMDQ_CONS) == guest.read(SmmuRegister.CMDQ_PROD);
  }

  /** Or the read would go where an invalidated translation led, when software thinks it cannot. */
  @Test
  void aSyncWaitsForTheReadsBeforeItAndForNoLaterOne() {
    device.read(9, PASID, PEER_VA, 8);
    ReceivedPacket first = takeReads().get(0);
    guest.submit(CommandOpcode.TLBI_NSNH_ALL, 0, 0);
    guest.submit(CommandOpcode.SYNC, 0, 0);
    assertThat(isQueueEmpty()).isFalse();
    device.read(10, PASID, PEER_VA, 8);
    ReceivedPacket second = takeReads().get(0);
    answer(first, 8);
    assertThat(isQueueEmpty()).isTrue();
    guest.submit(CommandOpcode.SYNC, 0, 0);
    assertThat(isQueueEmpty()).isFalse();
    answer(second, 8);
    assertThat(isQueueEmpty()).isTrue();
  }

  @Test
  void aSyncAfterOneThatWasGivenUpWaitsForAllReadsBeforeIt() {
    device.read(9, PASID, PEER_VA, 8);
    ReceivedPacket first = takeReads().get(0);
    guest.submit(CommandOpcode.SYNC, 0, 0);
    assertThat(isQueueEmpty()).isFalse();
    device.read(10, PASID, PEER_VA, 8);
    ReceivedPacket second = takeReads().get(0);
    machine.smmu.writeRegister(SmmuRegister.CR0.offset(), 4, 0b1_0111);
    machine.smmu.writeRegister(SmmuRegister.CR0.offset(), 4, 0b1_1111);
    assertThat(isQueueEmpty()).isFalse();
    answer(first, 8);
    assertThat(isQueueEmpty()).isFalse();
    answer(second, 8);
    assertThat(isQueueEmpty()).isTrue();
  }

  @Test
  void readsThatAResetDroppedHoldNoSyncBack() {
    for (int i = 0; i < PeerReads.MOST_UNDER_WAY + 5; i++) {
      device.read(i, PASID, PEER_VA, 8);
    }
    List<ReceivedPacket> reads = takeReads();
    guest.submit(CommandOpcode.SYNC, 0, 0);
    machine.configWrite(ID, ScriptedDevice.EXPRESS + 8, 2, 1 << 15);
    assertThat(isQueueEmpty()).isFalse();
    reads.forEach(read -> answer(read, 8));
    assertThat(isQueueEmpty()).isTrue();
    assertThat(count(FunctionCounter.PEER_READS_DROPPED)).isEqualTo(PeerReads.MOST_UNDER_WAY + 5);
  }

  @Test
  void manyFunctionsReadFromOneAtATimeWithoutARefusal() {
    List<ScriptedDevice> readers = new ArrayList<>();
    for (int id = 0x30; id < 0x100; id += 8) {
      ScriptedDevice reader = machine.master(id);
      guest.map(guest.translatingStream(id), PEER_VA, BAR, true);
      readers.add(reader);
      for (int i = 0; i < 256; i++) {
        reader.read(i, PASID, PEER_VA, 64);
      }
    }
    serve();
    for (ScriptedDevice reader : readers) {
      assertThat(reader.takeAll()).hasSize(256).allMatch(answer -> answer.status() == SC);
    }
  }

  /** The one it reads from answers one access now and then, and all others want tags of it too. */
  @Test
  void noSyncWaitsForLongerThanTwoTimeOutsHoweverTheOtherFunctionAnswers() {
    for (int id = 0x30; id < 0x100; id += 8) {
      ScriptedDevice reader = machine.master(id);
      guest.map(guest.translatingStream(id), PEER_VA, BAR, true);
      for (int i = 0; i < 256; i++) {
        reader.read(i, PASID, PEER_VA, 4096);
      }
    }
    ArrayDeque<ReceivedPacket> reads = new ArrayDeque<>(takeReads());
    guest.submit(CommandOpcode.SYNC, 0, 0);
    assertThat(isQueueEmpty()).isFalse();
    long timeout = machine.config.completionTimeoutNanos();
    for (int i = 0; i < 20; i++) {
      answer(reads.remove(), 8);
      List<ReceivedPacket> more = takeReads();
      assertThat(more.isEmpty()).as("none is sent when the time is over").isEqualTo(i >= 10);
      reads.addAll(more);
      machine.advance(timeout / 10);
    }
    assertThat(isQueueEmpty()).isTrue();
  }

  @Test
  void aBroadcastIsMadeSureOfWhenTheReadsBeforeItAreOver() {
    machine.smmu.writeRegister(SmmuRegister.CR0.offset(), 4, 0);
    machine.smmu.writeRegister(SmmuRegister.CR2.offset(), 4, 0);
    machine.smmu.writeRegister(SmmuRegister.CR0.offset(), 4, 0b1_1111);
    List<String> events = new ArrayList<>();
    device.read(9, PASID, PEER_VA, 8);
    ReceivedPacket first = takeReads().get(0);
    machine.smmu.broadcastTlbi().sync(() -> events.add("first"));
    device.read(10, PASID, PEER_VA, 8);
    ReceivedPacket second = takeReads().get(0);
    machine.smmu.broadcastTlbi().sync(() -> events.add("second"));
    assertThat(events).isEmpty();
    answer(first, 8);
    assertThat(events).containsExactly("first");
    answer(second, 8);
    assertThat(events).containsExactly("first", "second");
    machine.smmu.broadcastTlbi().sync(() -> events.add("third"));
    assertThat(events).hasSize(3);
  }

  @Test
  void anSmmuThatHearsNoBroadcastsHoldsNoneBack() {
    device.read(9, PASID, PEER_VA, 8);
    assertThat(takeReads()).hasSize(1);
    List<String> events = new ArrayList<>();
    machine.smmu.broadcastTlbi().sync(() -> events.add("at once"));
    assertThat(events).containsExactly("at once");
  }

  @Test
  void aFunctionMayReadItsOwnRegisters() {
    machine.configWrite(ID, 0x10, 4, BAR + 0x1_0000);
    guest.map(root, VA + 0x4000, BAR + 0x1_0000, true);
    device.read(9, PASID, VA + 0x4000, 8);
    machine.run();
    assertThat(device.take().type()).isEqualTo(TlpType.MEMORY_READ);
    machine.configWrite(ID, ScriptedDevice.EXPRESS + 8, 2, 1 << 15);
    assertThat(device.received).as("nothing is answered after the reset").isEmpty();
  }
}

package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.CompletionStatus.CA;
import static org.smmulator.bus.tlp.CompletionStatus.SC;
import static org.smmulator.bus.tlp.CompletionStatus.UR;
import static org.smmulator.pcie.TestMachine.MILLI;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.ErrorCode;

/** Reads and writes of one function in the memory space of another, over two links. */
class PeerTrafficTest extends PeerScene {
  @Test
  void aReadIsAnsweredOnceTheOtherFunctionHasAnswered() {
    device.read(9, PASID, PEER_VA + 0x10, 8);
    ReceivedPacket read = takeReads().get(0);
    assertThat(read.address()).isEqualTo(BAR + 0x10);
    assertThat(device.received).isEmpty();
    answer(read, 8);
    ReceivedPacket completion = device.take();
    assertThat(completion.status()).isEqualTo(SC);
    assertThat(completion.tag()).isEqualTo(9);
    assertThat(completion.byteCount()).isEqualTo(8);
    assertThat(completion.lowerAddress()).isEqualTo(0x10);
    assertThat(completion.payload()).isEqualTo(hex(peer.bar, 0x10, 8));
    assertThat(count(FunctionCounter.BYTES_READ)).isEqualTo(8);
    assertThat(count(FunctionCounter.PEER_BYTES_READ)).isEqualTo(8);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void aReadOutOfLineIsMadeOfAlignedAccesses() {
    device.read(9, PASID, PEER_VA + 0x13, 7);
    List<ReceivedPacket> reads = takeReads();
    assertThat(reads)
        .extracting(ReceivedPacket::address)
        .containsExactly(BAR + 0x13, BAR + 0x14, BAR + 0x18);
    answer(reads.get(0), 1);
    answer(reads.get(2), 2);
    assertThat(device.received).isEmpty();
    answer(reads.get(1), 4);
    ReceivedPacket completion = device.take();
    assertThat(completion.byteCount()).isEqualTo(7);
    assertThat(completion.lowerAddress()).isEqualTo(0x13);
    assertThat(completion.payload()).isEqualTo("000000" + hex(peer.bar, 0x13, 7) + "0000");
  }

  @Test
  void aLargeReadIsGatheredAndSplitAtThePayloadSizeBoundary() {
    device.read(9, PASID, PEER_VA + 0xf8, 0x318);
    assertThat(serve()).isEqualTo(0x318 / 8);
    List<ReceivedPacket> answers = device.takeAll();
    assertThat(answers)
        .extracting(ReceivedPacket::byteCount)
        .containsExactly(0x318, 0x310, 0x210, 0x110, 0x10);
    StringBuilder all = new StringBuilder();
    answers.forEach(answer -> all.append(answer.payload()));
    assertThat(all).hasToString(hex(peer.bar, 0xf8, 0x318));
  }

  @Test
  void aWriteArrivesInAlignedAccessesOfItsEnabledBytes() {
    device.write(PASID, 0, PEER_VA + 0x16, bytes(11));
    machine.run();
    List<ReceivedPacket> writes = peer.takeAll();
    assertThat(writes).extracting(ReceivedPacket::type).containsOnly(TlpType.MEMORY_WRITE);
    assertThat(writes)
        .extracting(ReceivedPacket::address)
        .containsExactly(BAR + 0x16, BAR + 0x18, BAR + 0x20);
    assertThat(writes)
        .extracting(ReceivedPacket::payload)
        .containsExactly("00000102", "030405060708090a", "0b000000");
    assertThat(count(FunctionCounter.BYTES_WRITTEN)).isEqualTo(11);
    assertThat(count(FunctionCounter.PEER_BYTES_WRITTEN)).isEqualTo(11);
  }

  @Test
  void bytesThatAreNotEnabledAreNotWritten() {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(0x6000_0002).writeInt(device.id() << 16 | 0x5A);
          out.writeLong(PEER_VA).writeLong(0x1122_3344_5566_7788L);
        });
    machine.run();
    assertThat(peer.takeAll())
        .extracting(ReceivedPacket::address)
        .containsExactly(BAR + 1, BAR + 3, BAR + 4, BAR + 6);
  }

  @Test
  void aReadPushesAheadWhatWasWrittenBeforeEvenOneOfNothing() {
    device.write(PASID, 0, PEER_VA, bytes(16));
    device.read(9, PASID, PEER_VA, 0);
    machine.run();
    List<ReceivedPacket> packets = peer.takeAll();
    assertThat(packets)
        .extracting(ReceivedPacket::type)
        .containsExactly(TlpType.MEMORY_WRITE, TlpType.MEMORY_WRITE, TlpType.MEMORY_READ);
    assertThat(device.received).isEmpty();
    answer(packets.get(2), 1);
    ReceivedPacket completion = device.take();
    assertThat(completion.status()).isEqualTo(SC);
    assertThat(completion.byteCount()).isEqualTo(1);
  }

  @Test
  void aWritePassesAReadThatIsNotAnswered() {
    device.read(9, PASID, PEER_VA, 64);
    device.write(PASID, 0, PEER_VA, bytes(4));
    machine.run();
    assertThat(peer.count(TlpType.MEMORY_READ)).isEqualTo(8);
    assertThat(peer.count(TlpType.MEMORY_WRITE)).isEqualTo(1);
  }

  @Test
  void anAnswerComesBehindWhatThePeerWroteBefore() {
    machine.configWrite(ID, 0x10, 4, BAR + 0x1_0000);
    long iova = 0x1234_0000_0000L; // of no other stream, as all have the same ASIDs
    guest.map(guest.translatingStream(PEER_ID), iova, BAR + 0x1_0000, true);
    device.read(9, PASID, PEER_VA, 8);
    ReceivedPacket read = takeReads().get(0);
    peer.write(PASID, 0, iova, bytes(4));
    answer(read, 8);
    assertThat(device.takeAll())
        .extracting(ReceivedPacket::type)
        .containsExactly(TlpType.MEMORY_WRITE, TlpType.COMPLETION_DATA);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "4, 4", "3, 1"})
  void aRefusalOfThePeerIsTheAnswer(int status, int answered) {
    device.read(9, PASID, PEER_VA, 1024);
    List<ReceivedPacket> reads = takeReads();
    assertThat(reads).hasSize(PeerReads.MOST_UNDER_WAY);
    refuse(reads.get(1), status);
    answer(reads.get(0), 8);
    for (ReceivedPacket read : reads.subList(2, reads.size())) {
      assertThat(device.received).isEmpty();
      answer(read, 8);
    }
    ReceivedPacket completion = device.take();
    assertThat(completion.type()).isEqualTo(TlpType.COMPLETION);
    assertThat(completion.status()).isEqualTo(answered);
    assertThat(completion.byteCount()).isEqualTo(1024);
    assertThat(takeReads()).isEmpty();
    assertThat(count(FunctionCounter.REFUSED)).isEqualTo(1);
  }

  @Test
  void allOnesThatThePeerHasAreNoFailure() {
    Arrays.fill(peer.bar, (byte) -1);
    device.read(9, PASID, PEER_VA, 8);
    assertThat(serve()).isEqualTo(1);
    assertThat(device.take().payload()).isEqualTo("ffffffffffffffff");
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 4096})
  void aPeerThatSaysNothingIsAnsweredForWithCompleterAbort(int bytes) {
    device.read(9, PASID, PEER_VA, bytes);
    List<ReceivedPacket> reads = takeReads();
    machine.advance(1000 * MILLI);
    assertThat(device.take().status()).isEqualTo(CA);
    answer(reads.get(0), 8);
    assertThat(device.received).isEmpty();
    assertThat(machine.device("00:05.0").count(FunctionCounter.COMPLETIONS_LATE)).isEqualTo(1);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void aPeerThatAnswersBitByBitHasOneTimeOutForAllOfARead() {
    device.read(9, PASID, PEER_VA, 4096);
    for (int i = 0; i < 3; i++) {
      List<ReceivedPacket> reads = takeReads();
      assertThat(reads).isNotEmpty();
      machine.advance(400 * MILLI);
      reads.forEach(read -> answer(read, 8));
    }
    assertThat(device.take().status()).isEqualTo(CA);
    assertThat(takeReads()).isEmpty();
  }

  @Test
  void nobodyIsThereWhereNoBarIsOrMemorySpaceIsOff() {
    guest.map(root, VA + 0x4000, BAR + 0x10_0000, true);
    device.read(9, PASID, VA + 0x4000, 8);
    assertThat(answer().status()).isEqualTo(UR);
    machine.configWrite(PEER_ID, COMMAND, 2, 0b100);
    device.read(9, PASID, PEER_VA, 8);
    assertThat(answer().status()).isEqualTo(UR);
    device.write(PASID, 0, PEER_VA, bytes(4));
    machine.run();
    assertThat(peer.received).isEmpty();
    assertThat(count(FunctionCounter.REFUSED)).isEqualTo(3);
    assertThat(count(FunctionCounter.BYTES_WRITTEN)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"unplugged", "lost", "reset"})
  void aPeerThatGoesInTheMiddleIsNotThere(String how) {
    device.read(9, PASID, PEER_VA, 64);
    answer(takeReads().get(0), 8);
    switch (how) {
      case "unplugged" -> machine.root.unplug(PEER_ID, "pulled out");
      case "lost" -> peer.link().close(ErrorCode.INTERNAL, "killed");
      default ->
          machine.root.configWrite(PEER_ID, ScriptedDevice.EXPRESS + 8, 2, 1 << 15, () -> {});
    }
    machine.run();
    assertThat(device.take().status()).isEqualTo(UR);
    device.read(10, PASID, PEER_VA, 8);
    assertThat(answer().status()).isEqualTo(UR);
  }

  @Test
  void aFunctionThatWasResetIsSentNoAnswer() {
    device.read(9, PASID, PEER_VA, 8);
    List<ReceivedPacket> reads = takeReads();
    machine.configWrite(ID, ScriptedDevice.EXPRESS + 8, 2, 1 << 15);
    answer(reads.get(0), 8);
    assertThat(device.received).isEmpty();
    assertThat(count(FunctionCounter.PEER_READS_DROPPED)).isEqualTo(1);
    machine.enable(device);
    device.read(9, PASID, PEER_VA, 8);
    assertThat(serve()).isEqualTo(1);
    assertThat(device.take().status()).isEqualTo(SC);
  }

  /** What comes while the reset is under way may have been sent before it. */
  @Test
  void aFunctionIsSentNoAnswerToWhatItAskedBeforeItHadReset() {
    device.silent = true;
    machine.configWrite(ID, ScriptedDevice.EXPRESS + 8, 2, 1 << 15);
    device.read(9, PASID, PEER_VA, 8);
    List<ReceivedPacket> reads = takeReads();
    device.silent = false;
    device.answerLate();
    machine.run();
    assertThat(count(FunctionCounter.RESETS)).isEqualTo(1);
    answer(reads.get(0), 8);
    assertThat(device.received).isEmpty();
    assertThat(count(FunctionCounter.PEER_READS_DROPPED)).isEqualTo(1);
  }

  @Test
  void nobodyIsAnsweredOrAskedForAfterItHasGone() {
    device.read(9, PASID, PEER_VA, 4096);
    List<ReceivedPacket> reads = takeReads();
    device.link().detach();
    machine.run();
    ScriptedDevice next = machine.master(ID);
    reads.forEach(read -> answer(read, 8));
    assertThat(takeReads()).isEmpty();
    assertThat(next.received).isEmpty();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void atomicsAreNotRoutedToPeers() {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(0x6C00_0001).writeInt(ID << 16).writeLong(PEER_VA).writeInt(1);
        });
    assertThat(answer().status()).isEqualTo(UR);
    assertThat(peer.received).isEmpty();
  }

  /** The frames of a BAR are no frames of RAM: nothing frees them, but grants end as others do. */
  @Test
  void aTranslationToABarIsAGrantThatAnInvalidationEnds() {
    long entry = entry(translate(PEER_VA, 1));
    assertThat(AtsEntry.address(entry)).isEqualTo(BAR);
    assertThat(count(FunctionCounter.TRANSLATIONS_HELD)).isEqualTo(1);
    device.write(-1, TlpWriter.TRANSLATED, BAR + 8, bytes(4));
    device.readTranslated(9, BAR + 8, 8);
    machine.run();
    assertThat(peer.received.get(0).payload()).isEqualTo("01020304");
    assertThat(serve()).isEqualTo(1);
    assertThat(device.take().payload()).isEqualTo(hex(peer.bar, 8, 8));
    assertThat(machine.violations.violations()).isEmpty();

    guest.invalidate(ID, PASID, PEER_VA, 0);
    machine.run();
    completeInvalidation();
    assertThat(count(FunctionCounter.TRANSLATIONS_HELD)).isZero();
    device.readTranslated(9, BAR + 8, 8);
    serve();
    assertThat(machine.violationTexts())
        .singleElement()
        .asString()
        .startsWith("read through a translation that was invalidated by the ATC_INV of 0x");
  }

  private static long entry(ReceivedPacket completion) {
    return Long.parseUnsignedLong(completion.payload().substring(0, 16), 16);
  }

  @Test
  void aPeerAtTheEndOfTheWindowIsReachedToItsLastByteAndNotBeyond() {
    long last = MemoryMap.PCIE_MMIO32 + MemoryMap.PCIE_MMIO32_BYTES - 0x1_0000;
    machine.configWrite(PEER_ID, 0x10, 4, last);
    guest.map(root, VA + 0x4000, last + 0xf000, true);
    guest.map(root, VA + 0x5000, last + 0x1_0000, true);
    device.write(PASID, 0, VA + 0x4ff8, bytes(8));
    machine.run();
    assertThat(peer.take().address()).isEqualTo(last + 0xfff8);
    device.read(9, PASID, VA + 0x5000, 8);
    assertThat(answer().status()).isEqualTo(CA);
  }
}

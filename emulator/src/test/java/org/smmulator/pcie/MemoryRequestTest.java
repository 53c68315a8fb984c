package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.CompletionStatus.CA;
import static org.smmulator.bus.tlp.CompletionStatus.SC;
import static org.smmulator.bus.tlp.CompletionStatus.UR;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;

/** Reads, writes and atomics of a device, through tables that map them or do not. */
class MemoryRequestTest extends FunctionScene {
  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void readsThroughThePageTableOfThePasid() {
    guest.store(frame + 0x10, 0x0807_0605_0403_0201L);
    device.read(9, PASID, VA + 0x10, 8);
    ReceivedPacket answer = answer();
    assertThat(answer.type()).isEqualTo(TlpType.COMPLETION_DATA);
    assertThat(answer.tag()).isEqualTo(9);
    assertThat(answer.byteCount()).isEqualTo(8);
    assertThat(answer.lowerAddress()).isEqualTo(0x10);
    assertThat(answer.payload()).isEqualTo("0102030405060708");
  }

  @Test
  void returnsTheEnabledBytesOnlyAndSaysWhereTheyStand() {
    guest.store(frame + 0x10, 0x0807_0605_0403_0201L);
    device.read(9, PASID, VA + 0x13, 3);
    ReceivedPacket answer = answer();
    assertThat(answer.byteCount()).isEqualTo(3);
    assertThat(answer.lowerAddress()).isEqualTo(0x13);
    assertThat(answer.payload()).isEqualTo("0000000405060000");
  }

  @Test
  void splitsALargeReadAtThePayloadSizeBoundary() {
    for (int i = 0; i < 512; i++) {
      guest.store(frame + i * 8L, i);
    }
    device.read(9, PASID, VA + 0x0f8, 0x318);
    machine.run();
    List<ReceivedPacket> answers = device.takeAll();
    assertThat(answers)
        .extracting(ReceivedPacket::byteCount)
        .containsExactly(0x318, 0x310, 0x210, 0x110, 0x10);
    assertThat(answers).extracting(ReceivedPacket::lowerAddress).containsExactly(0x78, 0, 0, 0, 0);
    assertThat(answers)
        .extracting(p -> p.payload().length() / 2)
        .containsExactly(8, 256, 256, 256, 16);
    assertThat(answers.get(0).payload()).isEqualTo("1f00000000000000");
    assertThat(answers.get(4).payload()).isEqualTo("80000000000000008100000000000000");
  }

  @Test
  void answersAReadOfNothingWithOneByteCounted() {
    device.read(9, PASID, VA + 4, 0);
    ReceivedPacket answer = answer();
    assertThat(answer.status()).isEqualTo(SC);
    assertThat(answer.byteCount()).isEqualTo(1);
    assertThat(answer.payload()).isEqualTo("00000000");
  }

  @Test
  void refusesAReadThatNothingMaps() {
    device.read(9, PASID, VA + 0x2000, 64);
    ReceivedPacket answer = answer();
    assertThat(answer.type()).isEqualTo(TlpType.COMPLETION);
    assertThat(answer.status()).isEqualTo(UR);
    assertThat(answer.byteCount()).isEqualTo(64);
    assertThat(machine.device("00:04.0").count(FunctionCounter.REFUSED)).isEqualTo(1);
  }

  @Test
  void abortsAReadThatFindsNoMemory() {
    guest.map(root, VA + 0x3000, MinimalGuest.RAM + MinimalGuest.RAM_BYTES, true);
    device.read(9, PASID, VA + 0x3000, 64);
    ReceivedPacket answer = answer();
    assertThat(answer.type()).isEqualTo(TlpType.COMPLETION);
    assertThat(answer.status()).isEqualTo(CA);
    device.write(PASID, 0, VA + 0x3000, bytes(1));
    machine.run();
    assertThat(device.received).isEmpty();
    assertThat(machine.device("00:04.0").count(FunctionCounter.REFUSED)).isEqualTo(2);
  }

  @Test
  void writesTheEnabledBytesAndNoOthers() {
    guest.store(frame, -1L);
    guest.store(frame + 8, -1L);
    device.write(PASID, 0, VA + 6, bytes(1, 2, 3, 4, 5));
    machine.run();
    assertThat(guest.load(frame)).isEqualTo(0x0201_ffff_ffff_ffffL);
    assertThat(guest.load(frame + 8)).isEqualTo(0xffff_ffff_ff05_0403L);
    assertThat(device.received).isEmpty();
  }

  @Test
  void leavesOutDisabledBytesInTheMiddle() {
    guest.store(frame, -1L);
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(0x6000_0002).writeInt(device.id() << 16 | 0x5A);
          out.writeLong(VA).writeLong(0x1122_3344_5566_7788L);
        });
    machine.run();
    assertThat(guest.load(frame)).isEqualTo(0xff77_ff55_44ff_22ffL);
    assertThat(machine.device("00:04.0").count(FunctionCounter.BYTES_WRITTEN)).isPositive();
  }

  @Test
  void writesNothingThroughAReadOnlyPage() {
    guest.store(readOnly, 7);
    device.write(PASID, 0, VA + 0x1000, bytes(1, 2, 3, 4));
    machine.run();
    assertThat(guest.load(readOnly)).isEqualTo(7);
    assertThat(machine.device("00:04.0").count(FunctionCounter.REFUSED)).isEqualTo(1);
  }

  @Test
  void raisesAnInterruptByAWriteWithoutPasid() {
    guest.map(root, VA + 0x4000, MemoryMap.MSI_FRAME, true);
    device.write(-1, 0, VA + 0x4040, bytes(85, 0, 0, 0));
    machine.run();
    assertThat(machine.msis).containsExactly(85);
  }

  @Test
  void performsAtomicsAndReturnsWhatWasThere() {
    guest.store(frame, 0x1_0000_0005L);
    assertThat(atomic(0x6C, VA + 4, 1, 3, 0)).isEqualTo("01000000");
    assertThat(guest.load(frame)).isEqualTo(0x4_0000_0005L);
    assertThat(atomic(0x6D, VA, 2, 9, 0)).isEqualTo("0500000004000000");
    assertThat(guest.load(frame)).isEqualTo(9);
    assertThat(atomic(0x6E, VA, 4, 8, 1)).isEqualTo("0900000000000000");
    assertThat(guest.load(frame)).isEqualTo(9);
    assertThat(atomic(0x6E, VA, 2, 9, 0xFFFF_FFFFL)).isEqualTo("09000000");
    assertThat(guest.load(frame)).isEqualTo(0xFFFF_FFFFL);
    assertThat(atomic(0x6C, VA, 1, 2, 0)).isEqualTo("ffffffff");
    assertThat(guest.load(frame)).isEqualTo(1);
  }

  /** An atomic of 32 or 64 bits with one operand or two; the payload of its completion. */
  private String atomic(int type, long address, int dwords, long first, long second) {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(type << 24 | dwords).writeInt(device.id() << 16 | 0x0700).writeLong(address);
          boolean two = type == 0x6E;
          boolean wide = dwords == (two ? 4 : 2);
          if (wide) {
            out.writeLongLE(first);
          } else {
            out.writeIntLE((int) first);
          }
          if (two && wide) {
            out.writeLongLE(second);
          } else if (two) {
            out.writeIntLE((int) second);
          }
        });
    return answer().payload();
  }

  @Test
  void refusesAnAtomicOnAReadOnlyPage() {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(0x6C00_0001).writeInt(device.id() << 16).writeLong(VA + 0x1000).writeInt(1);
        });
    assertThat(answer().status()).isEqualTo(UR);
    assertThat(guest.load(readOnly)).isZero();
  }

  @Test
  void refusesEverythingWhileTheDeviceMayNotMasterTheBus() {
    machine.configWrite(ID, 0x04, 2, 0);
    device.read(9, PASID, VA, 4);
    assertThat(answer().status()).isEqualTo(UR);
    device.requestTranslation(9, PASID, VA, 1, false);
    assertThat(answer().status()).isEqualTo(UR);
    device.write(PASID, 0, VA, bytes(1));
    machine.run();
    assertThat(guest.load(frame)).isZero();
    assertThat(machine.device("00:04.0").count(FunctionCounter.WITHOUT_BUS_MASTER)).isEqualTo(3);
  }

  @Test
  void letsPacketsPassThatWereSentBeforeTheDeviceWasStopped() {
    device.silent = true;
    machine.root.configWrite(ID, 0x04, 2, 0, () -> {});
    machine.run();
    device.write(PASID, 0, VA, bytes(1));
    machine.run();
    assertThat(guest.load(frame)).isEqualTo(1);
  }

  @Test
  void recordsAnAddressTypeThatThePacketMustNotHave() {
    device.write(PASID, 3 << 10, VA, bytes(1));
    device.write(PASID, 1 << 10, VA, bytes(1));
    device.send(out -> TlpWriter.memoryRead(out, 3 << 10, device.id(), 4, VA, 4));
    assertThat(answer().status()).isEqualTo(UR);
    assertThat(machine.violationTexts())
        .hasSize(3)
        .containsOnly("Address Type not allowed on this packet");
    assertThat(guest.load(frame)).isZero();
  }

  @Test
  void dropsAPoisonedWriteAndRefusesWhatARootComplexDoesNotServe() {
    device.write(PASID, TlpWriter.POISONED, VA, bytes(1));
    machine.run();
    assertThat(guest.load(frame)).isZero();
    device.send(out -> TlpWriter.configRead(out, device.id(), 6, 0, 0, 4));
    assertThat(answer().status()).isEqualTo(UR);
    device.send(out -> out.writeInt(0x0200_0001).writeInt(device.id() << 16 | 0xF).writeInt(0x80));
    assertThat(answer().status()).isEqualTo(UR);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void closesTheLinkOfADeviceThatUsesAnothersId() {
    ScriptedDevice other = machine.master(0x28);
    device.send(out -> TlpWriter.memoryRead(out, 0, 0x28, 1, VA, 4));
    machine.run();
    assertThat(device.closed).isNotNull();
    assertThat(device.error).isEqualTo("packet with the ID of 00:05.0 from 00:04.0");
    assertThat(other.closed).isNull();
    assertThat(other.received).isEmpty();
    assertThat(machine.violationTexts())
        .containsExactly("packet with the ID of 00:05.0 from 00:04.0");
    assertThat(machine.root.counters().protocolViolations()).isEqualTo(1);
  }

  @Test
  void closesTheLinkOfADeviceThatAnswersInAnothersName() {
    device.send(out -> TlpWriter.completion(out, 0x28, TlpWriter.transaction(0, 1), 0, 4));
    machine.run();
    assertThat(device.closed).isNotNull();
    assertThat(machine.violations.violations()).hasSize(1);
  }

  @Test
  void closesTheLinkOfADeviceThatSendsAMalformedPacket() {
    device.send(out -> out.writeInt(0x2000_0001).writeInt(0).writeInt(0).writeInt(0));
    machine.run();
    assertThat(device.closed).isNotNull();
    assertThat(machine.violationTexts().get(0)).contains("malformed packet");
    assertThat(machine.violations.violations().get(0).device()).isEqualTo("00:04.0");
  }

  @Test
  void judgesEveryPacket() {
    long before = machine.root.counters().packetsJudged();
    for (int i = 0; i < 10; i++) {
      device.read(i, PASID, VA, 4);
    }
    machine.run();
    assertThat(machine.root.counters().packetsJudged()).isEqualTo(before + 10);
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(FunctionCounter.UNTRANSLATED_ACCESSES)).isEqualTo(10);
    assertThat(counters.count(FunctionCounter.BYTES_READ)).isEqualTo(40);
  }
}

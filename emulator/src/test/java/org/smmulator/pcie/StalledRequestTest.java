package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.Hello;

/** What becomes of the requests of a function whose faults stall. */
class StalledRequestTest extends StallingScene {

  @Test
  void holdsAWriteUntilItIsResumed() {
    write(VA + 8, 7);
    long[] record = stall();
    assertThat(EventField.ID.get(record[0])).isEqualTo(EventType.F_TRANSLATION.id());
    assertThat(EventField.SUBSTREAM_ID.get(record[0])).isEqualTo(PASID);
    assertThat(EventField.RNW.get(record[1])).isZero();
    assertThat(record[2]).isEqualTo(VA + 8);
    map(VA, frame);
    machine.run();
    assertThat(load(frame + 8)).isZero();
    assertThat(counted(FunctionCounter.STALLED_NOW)).isEqualTo(1);
    retry(record);
    assertThat(load(frame + 8)).isEqualTo(0x0707_0707);
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
    assertThat(counted(FunctionCounter.REQUESTS_STALLED)).isEqualTo(1);
    assertThat(counted(FunctionCounter.BYTES_WRITTEN)).isEqualTo(4);
    assertThat(counted(FunctionCounter.REFUSED)).isZero();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void answersAReadWhenItIsResumed() {
    read(5, VA + 4);
    assertThat(device.received).isEmpty();
    map(VA, frame);
    guest.store(frame, 0x1234_5678L << 32);
    retry(stall());
    assertThat(answers()).isEqualTo(List.of("5: 0 78563412"));
  }

  /** The reads of one transfer: a page each, of which the second one is not there. */
  @Test
  void answersTheReadOfAPageThatIsThereWhileThatOfTheNextOneWaits() {
    map(VA, frame);
    device.read(1, PASID, NEXT - 0x100, 0x100);
    device.read(2, PASID, NEXT, 0x200);
    machine.run();
    assertThat(device.takeAll()).extracting(ReceivedPacket::tag).containsOnly(1);
    map(NEXT, frame);
    retry(stall());
    List<ReceivedPacket> rest = device.takeAll();
    assertThat(rest).extracting(ReceivedPacket::tag).containsOnly(2);
    assertThat(rest).extracting(ReceivedPacket::byteCount).containsExactly(0x200, 0x100);
  }

  @Test
  void aRetryThatFaultsAgainWaitsAgain() {
    read(5, VA);
    retry(stall());
    long[] again = stall();
    assertThat(device.received).isEmpty();
    map(VA, frame);
    retry(again);
    assertThat(answers()).isEqualTo(List.of("5: 0 00000000"));
    assertThat(counted(FunctionCounter.REQUESTS_STALLED)).isEqualTo(1);
  }

  @Test
  void anAbortIsAnUnsupportedRequestAndDropsWrites() {
    read(5, VA);
    write(NEXT, 9);
    long[] first = stall();
    long[] second = stall();
    map(NEXT, frame);
    resume(first, false, true);
    resume(second, false, true);
    assertThat(answers()).isEqualTo(List.of("5: 1 "));
    assertThat(load(frame)).isZero();
    assertThat(counted(FunctionCounter.REFUSED)).isEqualTo(2);
    assertThat(guest.takeEvent()).isNull();
  }

  @Test
  void whatEndsWithoutAnAbortReadsZeroesAndDropsWrites() {
    guest.store(frame, -1);
    read(5, VA);
    write(NEXT, 9);
    fetchAdd(6, NEXT + 0x1000);
    map(NEXT, frame);
    resume(stall(), false, false);
    resume(stall(), false, false);
    resume(stall(), false, false);
    assertThat(answers()).isEqualTo(List.of("5: 0 00000000", "6: 0 00000000"));
    assertThat(guest.load(frame)).isEqualTo(-1);
    assertThat(counted(FunctionCounter.REFUSED)).isZero();
  }

  // Order.

  @Test
  void requestsToOtherPagesAndOtherAddressSpacesPass() {
    map(NEXT, frame);
    write(VA, 1);
    write(NEXT, 2);
    read(5, NEXT);
    assertThat(answers()).isEqualTo(List.of("5: 0 02020202"));
    device.read(6, PASID + 1, VA, 4);
    machine.run();
    stall();
    long[] ofTheOther = stall();
    assertThat(EventField.SUBSTREAM_ID.get(ofTheOther[0])).isEqualTo(PASID + 1);
  }

  @Test
  void requestsToTheSamePageStayInOrder() {
    write(VA, 1);
    long[] record = stall();
    map(VA, frame);
    write(VA, 2);
    read(5, VA);
    write(VA, 3);
    read(6, VA + 0x800);
    assertThat(device.received).isEmpty();
    assertThat(load(frame)).isZero();
    assertThat(counted(FunctionCounter.STALLED_NOW)).isEqualTo(4 + 1);
    assertThat(guest.takeEvent()).as("one fault has one record").isNull();
    retry(record);
    assertThat(answers()).isEqualTo(List.of("5: 0 02020202", "6: 0 00000000"));
    assertThat(load(frame)).isEqualTo(0x0303_0303);
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
  }

  /** A page that may be read only: the write ends, and what waits behind it is as if new. */
  @Test
  void whatWaitsBehindAnAbortedRequestGoesOnByItself() {
    guest.map(root, VA, frame, false);
    write(VA, 1);
    read(5, VA);
    write(VA, 2);
    read(6, VA);
    long[] first = stall();
    assertThat(EventField.ID.get(first[0])).isEqualTo(EventType.F_PERMISSION.id());
    resume(first, false, true);
    assertThat(answers()).isEqualTo(List.of("5: 0 00000000"));
    resume(stall(), false, true);
    assertThat(answers()).isEqualTo(List.of("6: 0 00000000"));
    assertThat(load(frame)).isZero();
  }

  @Test
  void invalidationsOfOthersEndAndNoSyncWaitsForAResume() {
    long theirs = guest.translatingStream(WITH_ATS);
    long va = VA + 0x10_0000; // both have the same ASIDs
    guest.map(theirs, va, frame, true);
    other.requestTranslation(4, PASID, va, 1, false);
    machine.run();
    assertThat(other.take().type()).isEqualTo(TlpType.COMPLETION_DATA);
    write(VA, 1);
    read(5, NEXT);
    guest.invalidate(WITH_ATS, PASID, va, 0);
    machine.run();
    assertThat(guest.isIdle()).as("the device has the request still").isFalse();
    other.completeInvalidations(1, 1 << other.take().tag());
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    assertThat(counted(FunctionCounter.STALLED_NOW)).isEqualTo(2);
    guest.invalidateTlb();
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    other.write(PASID, 0, va, bytes(8));
    machine.run();
    assertThat(load(frame)).isEqualTo(0x0808_0808);
  }

  @Test
  void theGuestReachesAFunctionWithStalledRequests() {
    write(VA, 1);
    machine.configWrite(ID, 0x3c, 1, 0);
    assertThat(machine.configRead(ID, 0x00, 4)).isEqualTo(0x0001_534dL);
  }

  // Atomics.

  private void fetchAdd(int tag, long address) {
    device.send(
        out -> {
          TlpWriter.pasidPrefix(out, PASID, false, false);
          out.writeInt(0x6C00_0001).writeInt(device.id() << 16 | tag << 8);
          out.writeLong(address).writeIntLE(5);
        });
    machine.run();
  }

  @Test
  void anAtomicWaitsAndIsPerformedOnce() {
    fetchAdd(6, VA);
    map(VA, frame);
    guest.store(frame, 10);
    retry(stall());
    assertThat(answers()).isEqualTo(List.of("6: 0 0a000000"));
    assertThat(guest.load(frame)).isEqualTo(15);
  }

  @Test
  void anAtomicOnAPageThatIsNotToBeWrittenIsAborted() {
    guest.map(root, VA, frame, false);
    fetchAdd(6, VA);
    resume(stall(), false, true);
    assertThat(answers()).isEqualTo(List.of("6: 1 "));
    assertThat(guest.load(frame)).isZero();
  }

  // Configuration.

  @Test
  void aRetryMeetsTheConfigurationOfThatTime() {
    read(5, VA);
    read(6, NEXT);
    map(VA, frame);
    map(NEXT, frame);
    guest.abortAll(ID);
    machine.run();
    assertThat(device.received).as("what has stalled is left alone").isEmpty();
    retry(stall());
    assertThat(answers()).isEqualTo(List.of("5: 1 "));
    guest.terminateStalls(ID);
    machine.run();
    assertThat(answers()).isEqualTo(List.of("6: 1 "));
    assertThat(stalledInSmmu()).isZero();
  }

  @Test
  void aTerminatedStreamHasNothingLeft() {
    read(5, VA);
    write(VA, 1);
    read(6, VA);
    read(7, NEXT);
    guest.abortAll(ID);
    guest.terminateStalls(ID);
    machine.run();
    assertThat(answers()).containsExactlyInAnyOrder("5: 1 ", "6: 1 ", "7: 1 ");
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
    assertThat(stalledInSmmu()).isZero();
    retry(stall()); // of what is no more
    assertThat(device.received).isEmpty();
  }

  @Test
  void withoutTheSmmuWhatHasStalledIsAbortedAndWhatWaitsIsAsIfNew() {
    map(NEXT, frame);
    read(5, VA);
    read(6, VA);
    guest.disable(true);
    machine.run();
    assertThat(answers()).isEqualTo(List.of("5: 1 ", "6: 1 "));
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
    assertThat(stalledInSmmu()).isZero();
    read(7, VA);
    assertThat(answers()).isEqualTo(List.of("7: 1 "));
  }

  @Test
  void whatWaitsWhenTheSmmuIsSwitchedOffToBypassPasses() {
    read(5, frame);
    read(6, frame + 4);
    guest.store(frame, 0x55L << 32);
    guest.disable(false);
    machine.run();
    assertThat(answers()).isEqualTo(List.of("5: 1 ", "6: 0 55000000"));
  }

  @Test
  void powerOnAbortsWhatHasStalled() {
    read(5, VA);
    machine.root.powerOn();
    machine.smmu.reset();
    machine.run();
    assertThat(answers()).isEqualTo(List.of("5: 1 "));
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
  }

  // The function goes.

  private void leavesNothingBehind(Consumer<ScriptedDevice> end) {
    write(VA, 1);
    write(VA, 2);
    read(5, NEXT);
    long[] first = stall();
    long[] second = stall();
    end.accept(device);
    machine.run();
    device.takeAll();
    assertThat(stalledInSmmu()).isZero();
    map(VA, frame);
    map(NEXT, frame);
    retry(first);
    resume(second, false, true);
    assertThat(guest.takeEvent()).isNull();
    assertThat(load(frame)).isZero();
    assertThat(device.received).isEmpty();
  }

  private void stallsAnew(ScriptedDevice successor) {
    successor.read(9, PASID, VA + 0x5000, 4);
    machine.run();
    long[] record = stall();
    map(VA + 0x5000, frame);
    retry(record);
    assertThat(successor.take().tag()).isEqualTo(9);
  }

  @Test
  void aResetForgetsWhatHasStalled() {
    leavesNothingBehind(
        function ->
            machine.configWrite(ID, ScriptedDevice.EXPRESS + 8, 2, 5 << 12 | 1 << 5 | 1 << 15));
    machine.enable(device);
    stallsAnew(device);
  }

  @Test
  void aDetachForgetsWhatHasStalled() {
    leavesNothingBehind(function -> function.link().detach());
    assertThat(machine.root.isAttached(ID)).isFalse();
    stallsAnew(machine.master(new ScriptedDevice(ID, 0).withoutAts()));
  }

  @Test
  void anUnplugForgetsWhatHasStalled() {
    leavesNothingBehind(function -> machine.root.unplug(ID, "pulled out"));
    stallsAnew(machine.master(new ScriptedDevice(ID, 0).withoutAts()));
  }

  /** Software has not answered yet for the one before. */
  @Test
  void aSuccessorHasRecordsOfItsOwn() {
    read(5, VA);
    long[] old = stall();
    machine.root.unplug(ID, "pulled out");
    machine.run();
    ScriptedDevice successor = machine.master(new ScriptedDevice(ID, 0).withoutAts());
    successor.read(9, PASID, VA, 4);
    machine.run();
    long[] record = stall();
    assertThat(tag(record)).isNotEqualTo(tag(old));
    map(VA, frame);
    retry(old);
    assertThat(successor.received).isEmpty();
    retry(record);
    assertThat(successor.take().tag()).isEqualTo(9);
  }

  // Room.

  @Test
  void aRecordThatHasNoRoomComesWhenThereIsSome() {
    for (int page = 0; page < 300; page++) {
      device.read(page & 0xff, PASID, VA + ((long) page << 12), 4);
    }
    machine.run();
    assertThat(counted(FunctionCounter.STALLED_NOW)).isEqualTo(300);
    for (int page = 0; page < 300; page++) {
      map(VA + ((long) page << 12), frame);
    }
    for (long[] record = guest.takeEvent(); record != null; record = guest.takeEvent()) {
      retry(record);
    }
    assertThat(device.takeAll()).hasSize(300);
    assertThat(counted(FunctionCounter.STALLED_NOW)).isZero();
  }

  @Test
  void aSlotThatStallsTakesNoDeviceWithAts() {
    machine.root.unplug(ID, "pulled out");
    machine.run();
    ScriptedDevice refused = machine.attach(ID);
    assertThat(refused.errorCode).isEqualTo(ErrorCode.NO_SLOT);
    assertThat(refused.error)
        .isEqualTo(
            "00:04.0 may stall (devices[].stall), and the device has ATS, whose answers never"
                + " stall; attach it with --stall, or elsewhere");
    assertThat(machine.root.isAttached(ID)).isFalse();
    for (int slot = 1; slot < 4; slot++) {
      machine.attach(Hello.ASSIGN);
    }
    assertThat(machine.attach(Hello.ASSIGN).id()).as("past the slot that stalls").isEqualTo(0x30);
  }

  @Test
  void otherFunctionsDoNotStallWhateverTheirTablesSay() {
    guest.translatingStream(WITH_ATS);
    guest.letStall(WITH_ATS);
    other.read(5, PASID, VA, 4);
    machine.run();
    assertThat(other.take().status()).isEqualTo(UR);
    long[] record = Objects.requireNonNull(guest.takeEvent());
    assertThat(EventField.STALL.get(record[1])).isZero();
    assertThat(machine.device("00:05.0").count(FunctionCounter.STALLS_REFUSED)).isZero();
  }
}

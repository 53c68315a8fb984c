package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.bus.tlp.CompletionStatus.SC;
import static org.smmulator.bus.tlp.CompletionStatus.UR;

import org.junit.jupiter.api.Test;
import org.smmulator.arch.event.PageRequestField;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.pcie.ledger.Violation;

/** Translation requests, what is granted by them, and page requests. */
class TranslationServicesTest extends FunctionScene {
  @Test
  void answersATranslationRequestWithEntriesInNetworkOrder() {
    ReceivedPacket answer = translate(VA, 1);
    assertThat(answer.status()).isEqualTo(SC);
    assertThat(answer.tag()).isEqualTo(5);
    assertThat(answer.byteCount()).isEqualTo(8);
    assertThat(answer.lowerAddress()).isZero();
    assertThat(answer.payload()).isEqualTo(String.format("%016x", frame | 3));
    assertThat(machine.ledger.live()).isEqualTo(1);
    assertThat(machine.device("00:04.0").count(FunctionCounter.TRANSLATION_REQUESTS)).isEqualTo(1);
  }

  @Test
  void grantsEachEntryWithItsOwnAddressAndPermission() {
    ReceivedPacket answer = translate(VA, 2);
    assertThat(answer.payload()).isEqualTo(String.format("%016x%016x", frame | 3, readOnly | 1));
    device.write(-1, TlpWriter.TRANSLATED, frame, new byte[] {1, 2, 3, 4});
    device.readTranslated(6, readOnly, 4);
    machine.run();
    assertThat(device.take().status()).isEqualTo(SC);
    assertThat(guest.load(frame)).isEqualTo(0x0403_0201L);
    assertThat(machine.violations.violations()).isEmpty();
    device.write(-1, TlpWriter.TRANSLATED, readOnly, new byte[] {1, 2, 3, 4});
    machine.run();
    assertThat(machine.violations.count(Violation.Kind.STALE_ACCESS)).isEqualTo(1);
    guest.invalidate(ID, PASID, VA + 0x1000, 0);
    machine.run();
    completeInvalidation();
    device.readTranslated(6, readOnly, 4);
    machine.run();
    Violation stale = machine.violations.violations().get(1);
    assertThat(stale.pasid()).isEqualTo(PASID);
    assertThat(stale.address()).isEqualTo(VA + 0x1000);
    assertThat(stale.frame()).isEqualTo(readOnly);
  }

  @Test
  void grantsNothingWhereNothingIsMapped() {
    ReceivedPacket answer = translate(VA + 0x2000, 1);
    assertThat(answer.status()).isEqualTo(SC);
    assertThat(answer.payload()).endsWith("000");
    assertThat(machine.ledger.live()).isZero();
  }

  @Test
  void performsAStaleAccessThatTheSmmuAllowsAndRecordsIt() {
    guest.store(frame, 0x1234);
    device.readTranslated(6, frame, 8);
    machine.run();
    assertThat(device.take().payload()).isEqualTo("3412000000000000");
    assertThat(machine.violations.violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(Violation.Kind.STALE_ACCESS);
              assertThat(violation.device()).isEqualTo("00:04.0");
              assertThat(violation.frame()).isEqualTo(frame);
            });
  }

  @Test
  void checksBothPermissionsOfATranslatedAtomic() {
    guest.store(frame, 40);
    translate(VA, 1);
    device.send(
        out -> {
          out.writeInt(0x4C00_0000 | TlpWriter.TRANSLATED | 2).writeInt(device.id() << 16);
          out.writeInt((int) frame).writeLongLE(2);
        });
    machine.run();
    assertThat(device.take().payload()).isEqualTo("2800000000000000");
    assertThat(guest.load(frame)).isEqualTo(42);
    assertThat(machine.ledger.accessesChecked()).isEqualTo(2);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void refusesTranslatedAccessesOfAFencedStream() {
    translate(VA, 1);
    guest.fence(ID);
    machine.run();
    device.readTranslated(6, frame, 8);
    machine.run();
    assertThat(device.take().status()).isEqualTo(UR);
    device.requestTranslation(7, PASID, VA, 1, false);
    machine.run();
    assertThat(device.take().status()).isEqualTo(UR);
    assertThat(machine.violations.violations()).isEmpty();
    assertThat(machine.ledger.accessesChecked()).isZero();
  }

  @Test
  void takesAPageRequestToTheQueueAndItsResponseBack() {
    machine.enablePageRequests(ID, 8);
    device.requestPage(PASID, VA + 0x7000, 0x1a, PageRequestFlags.WRITE | PageRequestFlags.LAST);
    machine.run();
    assertThat(guest.pageRequestsQueued()).isEqualTo(1);
    long record = guest.pageRequest(0);
    assertThat(PageRequestField.STREAM_ID.get(record)).isEqualTo(ID);
    assertThat(PageRequestField.SUBSTREAM_ID.get(record)).isEqualTo(PASID);
    guest.respond(ID, PASID, 0x1a);
    machine.run();
    ReceivedPacket response = device.take();
    assertThat(response.messageCode()).isEqualTo(MessageCode.PAGE_RESPONSE);
    assertThat(response.dw2()).isEqualTo(0x0020_001a);
    assertThat(response.pasid()).isEqualTo(-1);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void sendsThePasidWithAResponseIfTheDeviceRequiresIt() {
    ScriptedDevice picky = new ScriptedDevice(0x28, 0);
    picky.set(ScriptedDevice.PRI + 4, 1 << 31, 0b11);
    machine.master(picky);
    machine.enablePageRequests(0x28, 8);
    picky.requestPage(PASID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    guest.respond(0x28, PASID, 1);
    machine.run();
    assertThat(picky.take().pasid()).isEqualTo(PASID);
  }

  @Test
  void recordsPageRequestsBeyondTheAllocationAndWithoutOne() {
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    assertThat(machine.violationTexts())
        .containsExactly(
            "Page Request while the page request interface is disabled (Base Specification"
                + " 10.5.2.2)");
    assertThat(guest.pageRequestsQueued()).isZero();
    machine.enablePageRequests(ID, 2);
    device.requestPage(PASID, VA, 2, PageRequestFlags.READ);
    device.requestPage(PASID, VA + 0x1000, 2, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    assertThat(machine.violations.violations()).hasSize(1);
    device.requestPage(PASID, VA, 3, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    assertThat(machine.violationTexts().get(1))
        .isEqualTo("3 page requests outstanding; its allocation is 2");
    assertThat(guest.pageRequestsQueued()).as("the third goes no further").isEqualTo(2);
    guest.respond(ID, PASID, 2);
    machine.run();
    device.requestPage(PASID, VA, 3, PageRequestFlags.READ | PageRequestFlags.LAST);
    device.requestPage(PASID, VA, 4, PageRequestFlags.READ | PageRequestFlags.LAST);
    machine.run();
    assertThat(machine.violations.violations()).hasSize(2);
    assertThat(machine.device("00:04.0").count(FunctionCounter.PAGE_REQUESTS)).isEqualTo(6);
  }

  @Test
  void forgetsOutstandingPageRequestsWhenTheInterfaceIsReset() {
    machine.enablePageRequests(ID, 1);
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ);
    machine.run();
    machine.configWrite(ID, ScriptedDevice.PRI + 4, 2, 0);
    machine.configWrite(ID, ScriptedDevice.PRI + 4, 2, 2);
    machine.configWrite(ID, ScriptedDevice.PRI + 4, 2, 1);
    device.requestPage(PASID, VA, 1, PageRequestFlags.READ);
    machine.run();
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void countsAStopMarkerApartAndPassesItOn() {
    machine.configWrite(ID, ScriptedDevice.PRI + 4, 2, 1);
    device.send(out -> TlpWriter.stopMarker(out, device.id(), PASID));
    machine.run();
    assertThat(guest.pageRequestsQueued()).isEqualTo(1);
    assertThat(PageRequestField.LAST.isSet(guest.pageRequest(0))).isTrue();
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(FunctionCounter.STOP_MARKERS)).isEqualTo(1);
    assertThat(counters.count(FunctionCounter.PAGE_REQUESTS)).isZero();
    assertThat(machine.violations.violations()).isEmpty();
  }
}

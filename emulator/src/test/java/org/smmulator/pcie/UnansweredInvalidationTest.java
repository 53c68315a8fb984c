package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_LATE;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_LOST;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_NOT_ANSWERED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_SENT;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_TIMED_OUT;
import static org.smmulator.pcie.TestMachine.MILLI;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.PacketField;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.pcie.ledger.Violation;

/** Invalidate Requests that a device does not answer, in time or ever, and what it may do then. */
class UnansweredInvalidationTest extends FunctionScene {
  UnansweredInvalidationTest() {
    grantOnePage();
  }

  @Test
  void failsTheSyncAfterTheTimeoutAndNamesWhatIsStillGranted() {
    guest.invalidate(ID, PASID, VA, 0);
    guest.atcInvalidation(ID, PASID, VA + 0x9000, 0);
    machine.advance(999 * MILLI);
    assertThat(guest.commandError()).isZero();
    machine.advance(MILLI);
    assertThat(guest.commandError()).isEqualTo(CERROR_ATC_INV_SYNC);
    assertThat(machine.violations.violations())
        .containsExactly(
            new Violation(
                Violation.Kind.PROTOCOL,
                "00:04.0",
                PASID,
                VA,
                frame,
                String.format(
                    "no Invalidate Completion within 1000 ms for 0x%x to 0x%x; still granted: 0x%x",
                    VA, VA + 0xfff, frame)));
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(INVALIDATIONS_TIMED_OUT)).isEqualTo(1);
    assertThat(counters.answering()).isFalse();
    assertThat(counters.isolated())
        .isEqualTo(
            String.format(
                "isolated since 2000.000 ms: the ATC_INV of 0x%x to 0x%x of PASID %d had no Invalidate"
                    + " Completion within 1000 ms",
                VA, VA + 0xfff, PASID));
  }

  @Test
  void sendsASilentDeviceOnlyConfigurationRequestsUntilItIsAttachedAnew() {
    machine.configWrite(ID, 0x10, 4, MemoryMap.PCIE_MMIO32);
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.run();
    int tag = device.take().tag();
    machine.advance(1000 * MILLI);
    List<Long> values = new ArrayList<>();
    machine.root.memoryRead(MemoryMap.PCIE_MMIO32, 4, (response, value) -> values.add(value));
    machine.root.memoryWrite(MemoryMap.PCIE_MMIO32, 4, 1);
    assertThat(values).containsExactly(0xFFFF_FFFFL);
    assertThat(machine.configRead(ID, 0, 4)).isEqualTo(0x0001_534dL);
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.run();
    assertThat(device.received).isEmpty();
    machine.ledger.freed(frame, 0);
    device.completeInvalidations(1, 1 << tag);
    machine.run();
    DeviceCounters counters = machine.device("00:04.0");
    assertThat(counters.count(INVALIDATIONS_NOT_ANSWERED)).isEqualTo(1);
    assertThat(counters.count(INVALIDATIONS_SENT)).isEqualTo(1);
    assertThat(counters.count(INVALIDATIONS_LATE)).isEqualTo(1);
    assertThat(machine.violations.violations()).hasSize(1);
    device.link().detach();
    machine.run();
    ScriptedDevice anew = machine.attach(ID);
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.run();
    assertThat(anew.received).hasSize(1);
  }

  /** Software that goes on after the failed CMD_SYNC and fences nobody. */
  @Test
  void judgesTheAccessesOfADeviceWhoseInvalidationTimedOut() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    int tag = device.take().tag();
    device.readTranslated(6, frame, 4);
    machine.advance(999 * MILLI);
    assertThat(machine.violations.violations()).as("in time").isEmpty();
    machine.advance(MILLI);
    device.takeAll();
    device.write(-1, TlpWriter.TRANSLATED, frame + 8, new byte[] {1, 2, 3, 4});
    machine.run();
    Violation overdue = machine.violations.violations().get(1);
    assertThat(overdue.packet())
        .containsEntry(PacketField.TYPE, "memory write")
        .containsEntry(PacketField.ADDRESS_TYPE, "translated")
        .containsEntry(PacketField.ADDRESS, "0x" + Long.toHexString(frame + 8))
        .containsEntry(PacketField.BYTES, "4");
    assertThat(overdue)
        .isEqualTo(
            new Violation(
                Violation.Kind.OVERDUE_ACCESS,
                "00:04.0",
                PASID,
                VA + 8,
                frame,
                String.format(
                    "write through a translation after the ATC_INV of 0x%x to 0x%x of PASID %d was"
                        + " given up without an answer",
                    VA, VA + 0xfff, PASID),
                overdue.packet()));

    device.completeInvalidations(1, 1 << tag);
    device.write(-1, TlpWriter.TRANSLATED, frame + 8, new byte[] {1, 2, 3, 4});
    machine.run();
    assertThat(machine.violations.violations().get(2).kind())
        .as("after the late completion")
        .isEqualTo(Violation.Kind.STALE_ACCESS);
    assertThat(machine.violations.violations()).hasSize(3);
  }

  @Test
  void judgesAccessesThatAnInvalidationGivenUpAtOnceForbids() {
    guest.map(root, VA + 0x1000, frame + 0x1000, true);
    device.requestTranslation(1, PASID, VA + 0x1000, 1, false);
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.advance(1000 * MILLI);
    device.takeAll();
    device.readTranslated(6, frame + 0x1000, 4);
    machine.run();
    assertThat(machine.ledger.overdueAccesses()).as("not asked for").isZero();
    guest.atcInvalidation(ID, PASID, VA + 0x1000, 0);
    machine.run();
    device.readTranslated(6, frame + 0x1000, 4);
    machine.run();
    assertThat(machine.ledger.overdueAccesses()).isEqualTo(1);
  }

  /** The SMMU stops what it forwarded before. */
  @Test
  void aFencedDeviceHasNoAccessesToJudge() {
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.advance(1000 * MILLI);
    guest.fence(ID);
    machine.run();
    device.takeAll();
    device.readTranslated(6, frame, 4);
    machine.run();
    assertThat(device.take().status()).isEqualTo(CompletionStatus.UR);
    assertThat(machine.ledger.overdueAccesses()).isZero();
  }

  @Test
  void givesEachRequestItsOwnTime() {
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.advance(600 * MILLI);
    guest.atcInvalidation(ID, PASID, VA, 0);
    machine.run();
    List<ReceivedPacket> requests = device.takeAll();
    device.completeInvalidations(1, 1 << requests.get(0).tag());
    machine.advance(600 * MILLI);
    assertThat(machine.violations.violations()).isEmpty();
    machine.advance(400 * MILLI);
    assertThat(machine.violations.violations()).hasSize(1);
  }

  @Test
  void failsWhatIsOutstandingAtOnceWhenTheLinkIsLost() {
    for (int i = 0; i < 40; i++) {
      guest.atcInvalidation(ID, PASID, VA, 0);
    }
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    device.link().close(ErrorCode.INTERNAL, "killed");
    machine.run();
    assertThat(guest.commandError()).isEqualTo(CERROR_ATC_INV_SYNC);
    assertThat(machine.device("00:04.0").count(INVALIDATIONS_LOST)).isEqualTo(41);
    assertThat(machine.ledger.live()).isZero();
    machine.ledger.freed(frame, 0);
    machine.advance(2000 * MILLI);
    assertThat(machine.violations.violations()).isEmpty();
  }

  @Test
  void completesWithoutErrorWhenTheDeviceLeavesOnPurposeOrIsNotThere() {
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    device.link().detach();
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    guest.invalidate(ID, PASID, VA, 0);
    machine.run();
    assertThat(guest.isIdle()).isTrue();
    assertThat(machine.root.counters().links().of(LinkCounter.INVALIDATIONS_WITHOUT_DEVICE))
        .isEqualTo(1);
  }
}

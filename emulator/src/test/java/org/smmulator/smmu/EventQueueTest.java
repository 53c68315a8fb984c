package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.SmmuInterrupt;

class EventQueueTest {
  private static final long OVERFLOW = 0x8000_0000L;
  private final BareGuest guest = BareGuest.up();

  /** Makes the SMMU record one event. */
  private void fault(int streamId) {
    guest.access(1000 + streamId, BareGuest.NONE, 0, false);
  }

  private void faults(int count) {
    for (int i = 0; i < count; i++) {
      fault(i);
    }
  }

  @Test
  void movesProdForWhoPolls() {
    int before = guest.outputs.registersChanged;
    fault(0);
    assertThat(guest.outputs.registersChanged).isEqualTo(before + 1);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(1);
  }

  @Test
  void wrapsAround() {
    for (int i = 0; i < 50; i++) {
      fault(i);
      assertThat(guest.takeEvent().get("stream")).isEqualTo(1000 + i);
    }
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(50 % 32);
  }

  @Test
  void aFullQueueLosesRecordsAndSaysSoOnce() {
    faults(16);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(16);
    faults(3);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(16 | OVERFLOW);
    assertThat(guest.smmu.counters().of(SmmuCounter.EVENTS_LOST)).isEqualTo(3);
    assertThat(guest.smmu.counters().events()).containsEntry(EventType.C_BAD_STREAMID, 19L);
    assertThat(guest.activeErrors()).isZero();
  }

  @Test
  void whileDisabledRecordsAreLostWithoutATrace() {
    guest.writeRegister("CR0", 0b1011);
    faults(20);
    assertThat(guest.readRegister("EVENTQ_PROD")).isZero();
    assertThat(guest.outputs.pulses).isEmpty();
  }

  @Test
  void anAbortedWriteIsReportedAndStopsTheQueueUntilAcknowledged() {
    guest.memory.abortNth(4);
    fault(0);
    assertThat(guest.activeErrors()).isEqualTo(1 << 2);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.GERROR));
    fault(1);
    assertThat(guest.readRegister("EVENTQ_PROD")).isZero();

    guest.acknowledgeErrors();
    fault(2);
    assertThat(guest.takeEvent().get("stream")).isEqualTo(1002);
  }

  @Test
  void aLyingConsumerGetsNothingOverwritten() {
    guest.writeRegister("EVENTQ_CONS", 5);
    fault(0);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(OVERFLOW);
  }

  @Test
  void sendsMessagesWhereTheRegistersSay() {
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister64("EVENTQ_IRQ_CFG0", 0x0802_0040L);
    guest.writeRegister("EVENTQ_IRQ_CFG1", 100);
    guest.writeRegister("IRQ_CTRL", 0b100);
    fault(0);
    assertThat(guest.msis).isEqualTo(List.of(100));
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.EVENTQ));
  }

  @Test
  void anAbortedMessageIsReported() {
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister64("EVENTQ_IRQ_CFG0", 0x1000);
    guest.writeRegister("IRQ_CTRL", 0b100);
    fault(0);
    assertThat(guest.activeErrors()).isEqualTo(1 << 5);
  }

  @Test
  void aMaskedInterruptIsNotSent() {
    guest.writeRegister("IRQ_CTRL", 0b011);
    fault(0);
    assertThat(guest.outputs.pulses).isEmpty();
  }
}

package org.smmulator.guest.iommu.smmuv3;

import java.util.function.IntPredicate;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.register.Gbpa;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.sched.Sched;

/** The two register pages, with the handshakes of IHI 0070 6.3.9 (CR0) and 6.3.14 (GBPA). */
final class SmmuRegisters {
  private static final long HANDSHAKE_NANOS = 60_000_000_000L;

  private final Sched sched;
  private final Mmio mmio;

  SmmuRegisters(Sched sched, Mmio mmio) {
    this.sched = sched;
    this.mmio = mmio;
  }

  int read(SmmuRegister register) {
    return mmio.read32(register.offset());
  }

  void write(SmmuRegister register, long value) {
    mmio.write(register.offset(), register.widthBytes(), value);
  }

  boolean awaitChange(SmmuRegister register, IntPredicate until, long deadlineNanos) {
    return mmio.awaitChange(register.offset(), until, deadlineNanos);
  }

  /** Writes a control register and waits until its acknowledge register shows the value. */
  void writeAcknowledged(SmmuRegister control, SmmuRegister acknowledge, int value)
      throws IommuException {
    write(control, value);
    awaitHandshake(acknowledge, ack -> ack == value);
  }

  /** What becomes of traffic while SMMUEN is 0: from now on it aborts. */
  void abortBypass() throws IommuException {
    IntPredicate idle = gbpa -> !Gbpa.UPDATE.isSet(gbpa);
    awaitHandshake(SmmuRegister.GBPA, idle);
    long wanted = read(SmmuRegister.GBPA) | Gbpa.ABORT.of(1) | Gbpa.UPDATE.of(1);
    write(SmmuRegister.GBPA, Integer.toUnsignedLong((int) wanted));
    awaitHandshake(SmmuRegister.GBPA, idle);
  }

  private void awaitHandshake(SmmuRegister register, IntPredicate until) throws IommuException {
    if (!awaitChange(register, until, sched.nanoTime() + HANDSHAKE_NANOS)) {
      throw new IommuException(
          Errno.ETIMEDOUT,
          "the SMMU did not answer a handshake: %s still reads 0x%x after one second"
              .formatted(register, read(register)));
    }
  }
}

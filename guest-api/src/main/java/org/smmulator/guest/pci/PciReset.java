package org.smmulator.guest.pci;

import org.smmulator.guest.sched.Sched;

/** Function Level Reset (PCIe base specification 6.6.2), for functions that say they have it. */
final class PciReset {
  private static final int EXPRESS_ID = 0x10;
  private static final int DEVICE_CAPABILITIES = 4;
  private static final int DEVICE_CONTROL = 8;
  private static final int DEVICE_STATUS = 10;
  private static final int TRANSACTIONS_PENDING = 1 << 5;
  private static final int RESET_CAPABLE = 1 << 28;
  private static final int INITIATE_RESET = 1 << 15;

  /** What the specification gives a function, at least, before it must answer. */
  private static final long SETTLE_NANOS = 100_000_000L;

  /** How much longer a function, or the computer that it runs on, may take. */
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final ConfigSpace config;
  private final int express;

  PciReset(ConfigSpace config) {
    this.config = config;
    this.express = config.findCapability(EXPRESS_ID);
  }

  boolean isSupported() {
    return express != 0 && (config.read32(express + DEVICE_CAPABILITIES) & RESET_CAPABLE) != 0;
  }

  /** What a function without the capability, or that is not there, does not tell is taken as so. */
  boolean hasRequestsPending() {
    return express == 0 || (config.read16(express + DEVICE_STATUS) & TRANSACTIONS_PENDING) != 0;
  }

  /**
   * Resets the function and waits for it; its registers are as at first afterwards.
   *
   * @return whether it answers again
   */
  boolean perform(Sched sched) {
    int control = config.read16(express + DEVICE_CONTROL);
    config.write16(express + DEVICE_CONTROL, control | INITIATE_RESET);
    sched.sleep(SETTLE_NANOS);
    long deadline = sched.nanoTime() + PATIENCE_NANOS;
    while (config.isAbsent()) {
      if (sched.nanoTime() >= deadline) {
        return false;
      }
      sched.sleep(SETTLE_NANOS);
    }
    return true;
  }
}

package org.smmulator.guest.pci;

import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/**
 * Follows the machine's hot-plug register block: EVENT (0x00) shows the oldest event (bit 31 valid,
 * bit 30 present or gone, [15:0] the requester ID), a write to ACK (0x04) takes it off. One task
 * handles the events in order.
 */
public final class HotPlug {
  private static final long EVENT = 0x00;
  private static final long ACK = 0x04;
  private static final int VALID = 1 << 31;
  private static final int PRESENT = 1 << 30;

  private final Mmio registers;
  private final PciBus bus;
  private final WaitQueue interrupted;
  private volatile boolean pending = true;

  public HotPlug(Sched sched, Interrupts interrupts, Mmio registers, PciBus bus) {
    this.registers = registers;
    this.bus = bus;
    this.interrupted = sched.waitQueue("hot-plug");
    interrupts.connect(MemoryMap.HOTPLUG_INTID, this::interrupt);
    sched.spawn("hot-plug", this::run);
  }

  private void interrupt() {
    pending = true;
    interrupted.wakeAll();
  }

  private void run() {
    while (true) {
      interrupted.await(() -> pending, Long.MAX_VALUE);
      pending = false;
      drain();
    }
  }

  private void drain() {
    for (int event = registers.read32(EVENT);
        (event & VALID) != 0;
        event = registers.read32(EVENT)) {
      PciAddress address = new PciAddress(event & 0xffff);
      registers.write32(ACK, 1);
      if ((event & PRESENT) != 0) {
        bus.probe(address);
      } else {
        bus.remove(address);
      }
    }
  }
}

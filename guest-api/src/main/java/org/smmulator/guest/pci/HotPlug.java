package org.smmulator.guest.pci;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/**
 * Follows the machine's hot-plug register block: EVENT (0x00) shows the oldest event (bit 31 valid,
 * bit 30 present or gone, [15:0] the requester ID), a write to ACK (0x04) takes it off. The events
 * of one slot are handled in order, by one task; those of several at the same time, so that a
 * driver that does not return from its function holds up nobody else's.
 */
public final class HotPlug {
  private static final long EVENT = 0x00;
  private static final long ACK = 0x04;
  private static final int VALID = 1 << 31;
  private static final int PRESENT = 1 << 30;

  private final Sched sched;
  private final Mmio registers;
  private final PciBus bus;

  /** Slots that a task is at, each with the events that came meanwhile. */
  private final Map<PciAddress, Queue<Runnable>> busy = new ConcurrentHashMap<>();

  private final WaitQueue interrupted;
  private volatile boolean pending = true;

  public HotPlug(Sched sched, Interrupts interrupts, Mmio registers, PciBus bus) {
    this.sched = sched;
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
        handle(address, () -> bus.probe(address));
      } else {
        handle(address, () -> bus.remove(address));
      }
    }
  }

  private void handle(PciAddress slot, Runnable event) {
    boolean[] idle = new boolean[1];
    busy.compute(
        slot,
        (unused, waiting) -> {
          idle[0] = waiting == null;
          Queue<Runnable> events = waiting == null ? new ArrayDeque<>() : waiting;
          events.add(event);
          return events;
        });
    if (idle[0]) {
      sched.spawn("hot-plug " + slot, () -> handleAll(slot));
    }
  }

  private void handleAll(PciAddress slot) {
    for (Runnable event = next(slot); event != null; event = next(slot)) {
      event.run();
    }
  }

  /** The next event of a slot; without one the slot is idle. */
  private @Nullable Runnable next(PciAddress slot) {
    @Nullable Runnable[] next = new Runnable[1];
    busy.computeIfPresent(
        slot,
        (unused, events) -> {
          next[0] = events.poll();
          return next[0] == null ? null : events;
        });
    return next[0];
  }
}

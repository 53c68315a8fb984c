package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The hot-plug register block: tells the guest that a slot became present or is gone, and resets
 * buses. Registers are 32 bits wide, little-endian:
 *
 * <pre>
 *   0x00 EVENT  RO  bit 31 valid, bit 30 present (1) or gone (0), [15:0] requester ID; 0 if empty
 *   0x04 ACK    WO  a write of any value takes the event in EVENT out of the queue
 *   0x08 RESET  RW  a write resets the functions of the root bus in [7:0];
 *                   bit 31 reads 1 until all functions reset so answer again, or did not in time
 * </pre>
 *
 * A root bus has no bridge above it, and so no Secondary Bus Reset bit: as of real host bridges,
 * its reset is a register of its controller.
 *
 * <p>The interrupt is an edge: when the queue becomes non-empty, and after an ACK that leaves it
 * non-empty. A guest that connects its handler late reads EVENT first. A device that came and went
 * before the guest could see it leaves no event, so a slot has at most three events waiting. Used
 * on the hardware loop only.
 */
public final class HotplugBlock {
  public static final int EVENT = 0x00;
  public static final int ACK = 0x04;
  public static final int RESET = 0x08;

  /** Resets the functions of a root bus. */
  interface BusReset {
    /**
     * Begins the reset.
     *
     * @param done called when all of them answer again, or have not done so in time
     */
    void reset(int bus, Runnable done);
  }

  private static final long RESET_UNDER_WAY = 1L << 31;
  private static final int VALID = 1 << 31;
  private static final int PRESENT = 1 << 30;

  private final ArrayDeque<Integer> events = new ArrayDeque<>();
  private final Runnable interrupt;
  private BusReset busReset = (bus, done) -> done.run();
  private int resetsUnderWay;

  public HotplugBlock(Runnable interrupt) {
    this.interrupt = interrupt;
  }

  /** Who resets buses from now on. */
  void connect(BusReset rootComplex) {
    busReset = rootComplex;
  }

  /** Reads 32 bits; what is not a register reads as zero. */
  public long read(long offset) {
    Integer head = events.peekFirst();
    if (offset == RESET) {
      return resetsUnderWay > 0 ? RESET_UNDER_WAY : 0;
    }
    return offset == EVENT && head != null ? Integer.toUnsignedLong(head) : 0;
  }

  /** Writes 32 bits; what is not a register ignores it. */
  public void write(long offset, long value) {
    if (offset == RESET) {
      resetsUnderWay++;
      busReset.reset((int) value & 0xff, () -> resetsUnderWay--);
    } else if (offset == ACK && events.pollFirst() != null && !events.isEmpty()) {
      interrupt.run();
    }
  }

  /** Power-on: nothing has come or gone yet. */
  public void reset() {
    events.clear();
  }

  void present(int requesterId) {
    add(VALID | PRESENT | requesterId);
  }

  void gone(int requesterId) {
    if (!withdraw(VALID | PRESENT | requesterId)) {
      add(VALID | requesterId);
    }
  }

  private void add(int event) {
    events.addLast(event);
    if (events.size() == 1) {
      interrupt.run();
    }
  }

  /** Takes back an event that the guest cannot have read: one behind the head. */
  private boolean withdraw(int event) {
    Iterator<Integer> waiting = events.iterator();
    if (waiting.hasNext()) {
      waiting.next();
    }
    while (waiting.hasNext()) {
      if (waiting.next() == event) {
        waiting.remove();
        return true;
      }
    }
    return false;
  }
}

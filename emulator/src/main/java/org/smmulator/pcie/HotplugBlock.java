package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The hot-plug register block: tells the guest that a slot became present or is gone. Registers are
 * 32 bits wide, little-endian:
 *
 * <pre>
 *   0x00 EVENT  RO  bit 31 valid, bit 30 present (1) or gone (0), [15:0] requester ID; 0 if empty
 *   0x04 ACK    WO  a write of any value takes the event in EVENT out of the queue
 * </pre>
 *
 * The interrupt is an edge: when the queue becomes non-empty, and after an ACK that leaves it
 * non-empty. A guest that connects its handler late reads EVENT first. A device that came and went
 * before the guest could see it leaves no event, so a slot has at most three events waiting. Used
 * on the hardware loop only.
 */
public final class HotplugBlock {
  public static final int EVENT = 0x00;
  public static final int ACK = 0x04;

  private static final int VALID = 1 << 31;
  private static final int PRESENT = 1 << 30;

  private final ArrayDeque<Integer> events = new ArrayDeque<>();
  private final Runnable interrupt;

  public HotplugBlock(Runnable interrupt) {
    this.interrupt = interrupt;
  }

  /** Reads 32 bits; what is not a register reads as zero. */
  public long read(long offset) {
    Integer head = events.peekFirst();
    return offset == EVENT && head != null ? Integer.toUnsignedLong(head) : 0;
  }

  /** Writes 32 bits; what is not a register ignores it. */
  public void write(long offset) {
    if (offset == ACK && events.pollFirst() != null && !events.isEmpty()) {
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

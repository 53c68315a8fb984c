package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** The *_BASE registers of the three queues (IHI 0070 6.3.26). */
public final class QueueBase {
  public static final BitField LOG2SIZE = field(4, 0);

  /** Read in place; aligned by hardware to the queue's size. */
  public static final BitField ADDR = field(51, 5);

  /** Read- or write-allocate hint. */
  public static final BitField HINT = bit(62);

  private QueueBase() {}
}

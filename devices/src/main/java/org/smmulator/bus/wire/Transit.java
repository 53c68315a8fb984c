package org.smmulator.bus.wire;

/**
 * How long a frame is under way on a link in this process, so that frames may overtake each other
 * as far as PCIe's ordering rules let them ({@link FrameClass}). Asked on the sender's loop.
 */
@FunctionalInterface
public interface Transit {
  /** Nanoseconds that this frame takes by itself, 0 or more. */
  long nanos(FrameClass frame);
}

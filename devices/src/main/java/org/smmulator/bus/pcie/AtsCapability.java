package org.smmulator.bus.pcie;

/** The ATS extended capability (Base Specification 10.5.1); offsets from its beginning. */
public final class AtsCapability {
  public static final int ID = 0x000F;

  /** Capability in [15:0], Control in [31:16]. */
  public static final int CONTROL = 0x04;

  public static final int PAGE_ALIGNED_REQUEST = 1 << 5;
  public static final int GLOBAL_INVALIDATE = 1 << 6;

  /** Smallest Translation Unit. */
  public static final int SMALLEST_UNIT = 0x1F << 16;

  public static final int ENABLE = 1 << 31;

  /** The most that an Invalidate Queue holds: one for each ITag (10.3.1). */
  public static final int ITAGS = 32;

  private static final int QUEUE_DEPTH = 0x1F;
  private static final int PAGE_LOG2 = 12;

  private AtsCapability() {}

  /** Invalidate Queue Depth, 1 to 32. */
  public static int queueDepth(int control) {
    int depth = control & QUEUE_DEPTH;
    return depth == 0 ? ITAGS : depth;
  }

  /** The field of a depth from 1 to 32. */
  public static int ofQueueDepth(int depth) {
    return depth & QUEUE_DEPTH;
  }

  /** log2 of the Smallest Translation Unit in bytes. */
  public static int smallestUnitLog2(int control) {
    return PAGE_LOG2 + ((control & SMALLEST_UNIT) >>> 16);
  }
}

package org.smmulator.bus.pcie;

/** The Page Request extended capability (Base Specification 10.5.2); offsets from its beginning. */
public final class PriCapability {
  public static final int ID = 0x0013;

  /** Control in [15:0], Status in [31:16]. */
  public static final int CONTROL = 0x04;

  /** Outstanding Page Request Capacity. */
  public static final int CAPACITY = 0x08;

  /** Outstanding Page Request Allocation. */
  public static final int ALLOCATION = 0x0C;

  public static final int ENABLE = 1;
  public static final int RESET = 1 << 1;
  public static final int RESPONSE_FAILURE = 1 << 16;
  public static final int UNEXPECTED_INDEX = 1 << 17;
  public static final int STOPPED = 1 << 24;

  /** PRG Response PASID Required. */
  public static final int RESPONSE_NEEDS_PASID = 1 << 31;

  /** Page Request Group Indexes (10.4.1). */
  public static final int GROUPS = 512;

  private PriCapability() {}
}

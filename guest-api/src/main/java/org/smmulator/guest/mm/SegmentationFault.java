package org.smmulator.guest.mm;

/** A process touched an address that it has not mapped, or not for this kind of access. */
public final class SegmentationFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final long address;
  private final FaultOutcome outcome;

  SegmentationFault(String process, long address, FaultAccess access, FaultOutcome outcome) {
    super(String.format("%s: %s at 0x%x: %s", process, access, address, outcome));
    this.address = address;
    this.outcome = outcome;
  }

  public long address() {
    return address;
  }

  public FaultOutcome outcome() {
    return outcome;
  }
}

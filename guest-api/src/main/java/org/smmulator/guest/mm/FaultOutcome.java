package org.smmulator.guest.mm;

/** How a page fault ended. */
public enum FaultOutcome {
  /** The page table permits the access now; try it again. */
  HANDLED,
  /** Nothing is mapped there. */
  NO_VMA,
  /** The mapping does not permit this kind of access. */
  BAD_ACCESS,
  /** No frame was left. */
  OUT_OF_MEMORY
}

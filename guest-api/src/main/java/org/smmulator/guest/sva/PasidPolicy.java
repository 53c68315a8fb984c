package org.smmulator.guest.sva;

/** Which free PASID is handed out next. */
public enum PasidPolicy {
  /** The lowest: a PASID comes back as early as possible. */
  LOWEST,

  /** The next after the one handed out last, wrapping: a PASID comes back as late as possible. */
  CYCLIC
}

package org.smmulator.guest.sva;

/** What may name a PASID; none may when it is handed out. */
enum PasidUse {
  BOND,
  /** One that no bond uses: quiet, or left by a driver that failed to detach. */
  CD,
  FAULT_GROUP,
  PARTIAL_FAULT
}

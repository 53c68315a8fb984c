package org.smmulator.guest.sva;

/** What may name a PASID; none may when it is handed out. */
enum PasidUse {
  BOND,
  QUIET_CD,
  FAULT_GROUP,
  PARTIAL_FAULT
}

package org.smmulator.guest.sva;

/** The life of a bond. Only the task that makes a transition acts on the bond until the next. */
enum BondState {
  /** Listed; its CD is being installed. */
  ATTACHING,
  LIVE,
  /** The process dies; the device driver is being told. */
  EXITING,
  /** The device driver was told, and has answered or run out of time. */
  EXITED,
  /** Its CD is being taken away. */
  DETACHING,
  /** Not listed any more. */
  DETACHED;

  boolean leadsTo(BondState next) {
    return switch (this) {
      case ATTACHING -> next == LIVE || next == DETACHED;
      case LIVE -> next == EXITING || next == DETACHING;
      case EXITING -> next == EXITED;
      case EXITED -> next == DETACHING;
      case DETACHING -> next == DETACHED;
      case DETACHED -> false;
    };
  }
}

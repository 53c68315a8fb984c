package org.smmulator.pcie;

/** The life of one link at the root complex. */
enum PortState {
  /** Accepted; whoever is there has not said hello. */
  CONNECTED,
  /** It was given an ID, and firmware looks at it. */
  TRAINING,
  /** Software may see the function. */
  ATTACHED,
  /** The function said good-bye, and the link is about to end. */
  DETACHED,
  /** The link is gone. */
  CLOSED;

  boolean leadsTo(PortState next) {
    return switch (this) {
      case CONNECTED -> next == TRAINING || next == CLOSED;
      case TRAINING -> next == ATTACHED || next == DETACHED || next == CLOSED;
      case ATTACHED -> next == DETACHED || next == CLOSED;
      case DETACHED -> next == CLOSED;
      case CLOSED -> false;
    };
  }

  /** The state that follows this one. */
  PortState transition(PortState next) {
    if (!leadsTo(next)) {
      throw new IllegalStateException("a link that is " + this + " cannot become " + next);
    }
    return next;
  }
}

package org.smmulator.pcie;

/** How far the latest reset of a function has come. */
enum ResetState {
  /** There was none. */
  NEVER,
  /** It was sent; another one may follow, and takes its place. */
  UNDER_WAY,
  /** The function answered again. */
  ANSWERED,
  /** It did not answer in time, or is gone. */
  UNANSWERED;

  boolean leadsTo(ResetState next) {
    return this == UNDER_WAY ? next != NEVER : next == UNDER_WAY;
  }

  /** The state that follows this one. */
  ResetState transition(ResetState next) {
    if (!leadsTo(next)) {
      throw new IllegalStateException("a reset that is " + this + " cannot become " + next);
    }
    return next;
  }
}

package org.smmulator.pcie;

/** The life of a function at the end of a link, from the hello on. */
enum FunctionState {
  /** It has an ID; firmware looks at it, and software cannot see it yet. */
  TRAINING,
  /** Software may see it, and as far as is known it acknowledges invalidations. */
  ANSWERING,
  /** It let an invalidation time out or did not come back from a reset. */
  SILENT,
  /** It said good-bye. */
  DETACHED,
  /** Its link ended without a word, or in training. */
  LOST;

  boolean leadsTo(FunctionState next) {
    return switch (this) {
      case TRAINING -> next == ANSWERING || next.isGone();
      case ANSWERING, SILENT -> next != TRAINING;
      case DETACHED, LOST -> false;
    };
  }

  /** The state that follows this one. */
  FunctionState transition(FunctionState next) {
    if (!leadsTo(next)) {
      throw new IllegalStateException("a function that is " + this + " cannot become " + next);
    }
    return next;
  }

  boolean isGone() {
    return this == DETACHED || this == LOST;
  }
}

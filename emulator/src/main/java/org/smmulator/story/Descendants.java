package org.smmulator.story;

import java.util.BitSet;
import java.util.function.Predicate;

/** The events of a file that are so, and all that followed from them. */
final class Descendants {
  /** Bits of a set of 32 MiB. */
  private static final long MOST = 1L << 28;

  private final Predicate<ToldEvent> so;
  private final BitSet members = new BitSet();
  private long first = -1;

  Descendants(Predicate<ToldEvent> so) {
    this.so = so;
  }

  /** Whether the next event of the file is one. */
  boolean add(ToldEvent event) throws StoryException {
    if (event.isNote()) {
      return false;
    }
    if (first < 0) {
      first = event.id();
    }
    if (event.id() - first >= MOST) {
      throw new StoryException(
          event.line(), "is too far from the first event: " + MOST + " events are followed");
    }
    boolean inherits = event.cause() >= first && members.get((int) (event.cause() - first));
    if (inherits || so.test(event)) {
      members.set((int) (event.id() - first));
      return true;
    }
    return false;
  }
}

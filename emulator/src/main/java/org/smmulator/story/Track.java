package org.smmulator.story;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One line of a trace, on which everything nests. Whoever does two things at once has several.
 *
 * @see TraceEvents
 */
final class Track {
  /** An event on a track. */
  static final class Drawn {
    final String line;
    final Track track;
    final long nanos;
    private boolean covered;

    private Drawn(String line, Track track, long nanos) {
      this.line = line;
      this.track = track;
      this.nanos = nanos;
    }

    /** Whether another one came after it at the same time, or it was over then. */
    boolean isCovered() {
      return covered;
    }
  }

  final int processId;
  final int threadId;

  /** The events whose slices are open, the innermost first. */
  private final Deque<Long> open = new ArrayDeque<>();

  private long lastNanos;
  private @Nullable Drawn newest;

  Track(int processId, int threadId) {
    this.processId = processId;
    this.threadId = threadId;
  }

  /** When an event is drawn: tasks of one name may tell of theirs a little out of order. */
  long at(long nanos) {
    lastNanos = Math.max(lastNanos, nanos);
    return lastNanos;
  }

  /** Notes that an event is drawn now. */
  Drawn draws(String line, long nanos) {
    Drawn event = new Drawn(line, this, at(nanos));
    if (newest != null && newest.nanos == event.nanos) {
      newest.covered = true;
    }
    newest = event;
    return event;
  }

  boolean isIdle() {
    return open.isEmpty();
  }

  /** Whether this event is the innermost that goes on. */
  boolean isInside(long event) {
    Long innermost = open.peek();
    return innermost != null && innermost == event;
  }

  void begins(long event) {
    open.push(event);
  }

  /** Ends an event and all inside it; how many slices that are. */
  int ends(long event, long nanos) {
    if (!open.contains(event)) {
      return 0;
    }
    if (newest != null && newest.nanos == at(nanos)) {
      newest.covered = true;
    }
    int slices = 1;
    while (open.pop() != event) {
      slices++;
    }
    return slices;
  }

  /** Ends everything; how many slices that are. */
  int endsAll() {
    int slices = open.size();
    open.clear();
    return slices;
  }
}

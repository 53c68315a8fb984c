package org.smmulator.api;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.smmulator.record.Detail;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.story.EventLines;

/** The latest events of a machine. Thread-safe. */
final class LatestEvents implements EventReader {
  private final Detail detail;
  private final Deque<MachineEvent> kept = new ArrayDeque<>();

  LatestEvents(Detail detail) {
    this.detail = detail;
  }

  @Override
  public Detail detail() {
    return detail;
  }

  @Override
  public synchronized void event(RecordedEvent event) {
    if (event.kind().detail().compareTo(detail) > 0) {
      return; // others want more
    }
    if (kept.size() == Smmulator.MOST_EVENTS) {
      kept.removeFirst();
    }
    kept.addLast(
        new MachineEvent(
            event.id(),
            event.cause(),
            event.nanos(),
            event.who(),
            event.kind(),
            EventLines.words(event)));
  }

  synchronized List<MachineEvent> list() {
    return List.copyOf(kept);
  }
}

package org.smmulator.record;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens, in the order in which it was told: a ring of 8,192 events in 512 KiB. Recording
 * makes no text and no object. Readers that are there get every event, by whoever finds so many
 * undelivered, or asks; without a reader the oldest are dropped, and counted. Thread-safe.
 *
 * <p>Who records asks {@link #records} first: off, that is all it costs. A reader may come, go, or
 * want more or less, in the middle of a run: who tells of a thing's end must not count on that its
 * beginning was recorded, nor the other way round.
 */
public final class Recorder {
  /** Nothing is recorded. */
  public static final Recorder OFF = new Recorder();

  /** The cause of what nobody began, or nobody knows who did. */
  public static final long NO_CAUSE = 0;

  private static final int CAPACITY = 1 << 13;

  /** Undelivered events that are delivered by who records the last of them. */
  private static final int BATCH = CAPACITY / 2;

  private final Names names = new Names();
  private final List<EventReader> readers = new ArrayList<>();
  private final List<EventWatch> watches = new ArrayList<>();
  private final Detail least;

  /** Volatile, so that whoever does nothing else but ask sees it change. */
  private volatile int detail;

  private EventKind[] kinds = {};
  private long[] ring = {};
  private volatile @Nullable CarriedCauses ofCommands;
  private volatile @Nullable CarriedCauses ofPageRequests;
  private RecordedEvent window = new RecordedEvent(this, kinds, ring);
  private long recorded;
  private long delivered;

  /** One that records as much as its readers want, and nothing without any. */
  public Recorder() {
    this(Detail.NOTHING);
  }

  /** One that records so much even without a reader, for {@link #replay}. */
  public Recorder(Detail least) {
    this.least = least;
    record(least);
  }

  private void record(Detail wanted) {
    if (wanted.level() == detail) {
      return;
    }
    if (ring.length == 0) {
      kinds = new EventKind[CAPACITY];
      Arrays.fill(kinds, EventKind.TASK_RUNS); // none is read before it is written
      ring = new long[CAPACITY * RecordedEvent.LONGS];
      window = new RecordedEvent(this, kinds, ring);
    }
    if (detail == 0) { // those from before a pause name what is long over
      ofCommands = new CarriedCauses();
      ofPageRequests = new CarriedCauses();
    }
    detail = wanted.level();
  }

  /** From now on a reader is told what is recorded. */
  public synchronized void addReader(EventReader reader) {
    if (this == OFF) {
      throw new IllegalStateException("this recorder stays off");
    }
    deliver(); // what was before is not for the new one
    readers.add(reader);
    readersChanged();
  }

  /** A reader is told what has been recorded, and no more. */
  public synchronized void removeReader(EventReader reader) {
    deliver();
    readers.remove(reader);
    readersChanged();
  }

  /** From now on a watch is told of what is recorded, at once. */
  public synchronized void addWatch(EventWatch watch) {
    if (this == OFF) {
      throw new IllegalStateException("this recorder stays off");
    }
    watches.add(watch);
    readersChanged();
  }

  /** A watch is told no more. */
  public synchronized void removeWatch(EventWatch watch) {
    watches.remove(watch);
    readersChanged();
  }

  /** From now on as much is recorded as the readers and watches want now. */
  public synchronized void readersChanged() {
    Detail most = least;
    for (EventReader reader : readers) {
      Detail wanted = reader.detail();
      most = wanted.compareTo(most) > 0 ? wanted : most;
    }
    for (EventWatch watch : watches) {
      Detail wanted = watch.detail();
      most = wanted.compareTo(most) > 0 ? wanted : most;
    }
    record(most);
  }

  /** Whether anything is recorded. */
  public boolean isOn() {
    return detail != 0;
  }

  /** Whether events of a kind are. */
  public boolean records(EventKind kind) {
    return kind.level() <= detail;
  }

  /** Whether everything of a level is. */
  public boolean records(Detail wanted) {
    return wanted.level() <= detail;
  }

  /** The number of a name, for {@link #record}. */
  public int name(String name) {
    return names.id(name);
  }

  String nameOf(long id) {
    return names.name(id);
  }

  /**
   * Records an event, unless its kind is not wanted.
   *
   * @param nanos time of the run
   * @param who number of the name of who did it
   * @param cause the event that began what this one is a part of, or {@link #NO_CAUSE}
   * @param a value of the first field of the kind's row, and so on; 0 where there is none
   * @return the event's number; {@link #NO_CAUSE} if it was not recorded
   */
  public long record(
      EventKind kind, long nanos, int who, long cause, long a, long b, long c, long d) {
    return records(kind) ? append(kind, nanos, who, cause, a, b, c, d) : NO_CAUSE;
  }

  private synchronized long append(
      EventKind kind, long nanos, int who, long cause, long a, long b, long c, long d) {
    int at = place(recorded);
    kinds[at / RecordedEvent.LONGS] = kind;
    ring[at] = who;
    ring[at + RecordedEvent.NANOS] = nanos;
    ring[at + RecordedEvent.CAUSE] = cause;
    ring[at + RecordedEvent.VALUES] = a;
    ring[at + RecordedEvent.VALUES + 1] = b;
    ring[at + RecordedEvent.VALUES + 2] = c;
    ring[at + RecordedEvent.VALUES + 3] = d;
    long id = ++recorded;
    for (int i = 0; i < watches.size(); i++) {
      watches.get(i).recorded(kind, a);
    }
    if (!readers.isEmpty() && recorded - delivered >= BATCH) {
      deliver();
    }
    return id;
  }

  private static int place(long event) {
    return (int) (event & (CAPACITY - 1)) * RecordedEvent.LONGS;
  }

  /** Gives the readers everything that has been recorded. From any thread. */
  public synchronized void deliver() {
    for (; delivered < recorded; delivered++) {
      for (EventReader reader : readers) {
        reader.event(window.moveTo(delivered + 1, place(delivered)));
      }
    }
    readers.forEach(EventReader::delivered);
  }

  /**
   * Tells a reader what the ring still holds.
   *
   * @return how many older events are gone
   */
  public synchronized long replay(EventReader reader) {
    long gone = Math.max(0, recorded - CAPACITY);
    for (long event = gone; event < recorded; event++) {
      reader.event(window.moveTo(event + 1, place(event)));
    }
    return gone;
  }

  /** The entry at an index of a queue, wrap bit included, is there because of an event. */
  public void carry(Carrier queue, int index, long cause) {
    CarriedCauses causes = causesIn(queue);
    if (causes != null) {
      causes.put(index, cause);
    }
  }

  /** Why the entry at an index is there; {@link #NO_CAUSE} if nobody has said. */
  public long carried(Carrier queue, int index) {
    CarriedCauses causes = causesIn(queue);
    return causes == null ? NO_CAUSE : causes.get(index);
  }

  /** None while nothing is recorded. */
  private @Nullable CarriedCauses causesIn(Carrier queue) {
    return switch (queue) {
      case COMMAND_QUEUE -> ofCommands;
      case PAGE_REQUEST_QUEUE -> ofPageRequests;
    };
  }
}

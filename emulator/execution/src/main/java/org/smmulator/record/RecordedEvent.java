package org.smmulator.record;

/** One event in the recorder's ring, as a window that is moved along it. */
public final class RecordedEvent {
  // An event is its kind and eight longs: who, time, cause, values; the last one is not used.
  static final int LONGS = 8;
  static final int NANOS = 1;
  static final int CAUSE = 2;
  static final int VALUES = 3;

  private final Recorder recorder;
  private final EventKind[] kinds;
  private final long[] ring;
  private long id;
  private int at;

  RecordedEvent(Recorder recorder, EventKind[] kinds, long[] ring) {
    this.recorder = recorder;
    this.kinds = kinds;
    this.ring = ring;
  }

  RecordedEvent moveTo(long event, int place) {
    id = event;
    at = place;
    return this;
  }

  /** Its number, by which others name it as their cause; the first one is 1. */
  public long id() {
    return id;
  }

  public EventKind kind() {
    return kinds[at / LONGS];
  }

  /** Time of the run. */
  public long nanos() {
    return ring[at + NANOS];
  }

  /** Who did it: a task, {@code smmu}, or a device's ID. */
  public String who() {
    return recorder.nameOf(ring[at]);
  }

  /** The event that began what this one is a part of; 0 if nobody knows one. */
  public long cause() {
    return ring[at + CAUSE];
  }

  /** The value of a field, by its place in the row. */
  public long value(int field) {
    return ring[at + VALUES + field];
  }

  /** The value of a field that holds a name. */
  public String name(int field) {
    return recorder.nameOf(value(field));
  }
}

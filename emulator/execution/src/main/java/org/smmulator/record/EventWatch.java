package org.smmulator.record;

/** Waits for an event, of which it is told at the moment it is recorded. */
public interface EventWatch {
  /** What it needs to be recorded. See {@link Recorder#readersChanged}. */
  Detail detail();

  /**
   * An event. Called under the recorder's lock, by who records: does not record, and does not wait.
   *
   * @param firstValue of the first field of the kind's row
   */
  void recorded(EventKind kind, long firstValue);
}

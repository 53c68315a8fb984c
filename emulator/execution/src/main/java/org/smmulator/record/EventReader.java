package org.smmulator.record;

/**
 * Takes events in the order in which they were recorded. Told of them now and then, not at once.
 */
public interface EventReader {
  /** What it wants to be told; it may be told more. See {@link Recorder#readersChanged}. */
  Detail detail();

  /**
   * One event. Called under the recorder's lock, by whichever task came to deliver: does not
   * record, and does not wait.
   *
   * @param event valid during the call
   */
  void event(RecordedEvent event);

  /** As much as there is has been delivered for now. */
  default void delivered() {}
}

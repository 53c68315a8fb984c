package org.smmulator.execution;

/**
 * The ordered story of a run, for people and tests: who did what, and when. Who records asks {@link
 * #isOn} first, so that a log that is off costs one look.
 */
public interface EventLog {
  /** Nothing is recorded. */
  EventLog OFF =
      new EventLog() {
        @Override
        public boolean isOn() {
          return false;
        }

        @Override
        public void record(long nanos, String who, String what) {}
      };

  boolean isOn();

  /**
   * Records one event; from any thread.
   *
   * @param nanos time of the run
   * @param who a task, {@code smmu}, or the ID of a device
   * @param what in words, the same for the same event in every run
   */
  void record(long nanos, String who, String what);
}

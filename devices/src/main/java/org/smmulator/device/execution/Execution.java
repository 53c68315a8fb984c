package org.smmulator.device.execution;

/** Runs the tasks of a device, and tells the time: the only source of either on the device side. */
public interface Execution {
  /** A task, as {@link #unpark} names it. */
  interface Handle {
    String name();
  }

  /** Steps that run one at a time, in the order in which they were added; from any thread. */
  interface Steps {
    void add(Runnable step);

    /** What was added before still runs, what is added later does not. */
    void end();
  }

  /** Monotonic time in nanoseconds. */
  long nanoTime();

  /** Starts a task. */
  Handle spawn(String name, Runnable body);

  /** A place where steps run; the name is for people who look at tasks. */
  default Steps steps(String name) {
    return new TaskSteps(this, name);
  }

  /** The running task; any thread that asks is one. */
  Handle current();

  /**
   * Waits for {@link #unpark} of the running task (one that came earlier counts) or for the
   * deadline; {@code Long.MAX_VALUE} is none. May return early without a reason.
   */
  void park(long deadlineNanos);

  void unpark(Handle task);
}

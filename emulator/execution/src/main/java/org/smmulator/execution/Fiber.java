package org.smmulator.execution;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A task of a {@link DeterministicExecution}; only the one that holds the baton runs. */
final class Fiber implements Execution.Handle {
  private static final int FRAMES_SHOWN = 6;

  private final DeterministicExecution execution;
  private final int number;
  private final String name;
  private final Runnable body;
  private TaskThreads.@Nullable Worker worker;
  private long standing;
  private boolean permit;
  private boolean parked;
  private long deadline = Long.MAX_VALUE;
  private volatile boolean turn;
  private volatile boolean over;

  /** Ends a task's body from inside; an error, so that no handler of exceptions stops it. */
  private static final class Unwind extends Error {
    private static final long serialVersionUID = 1L;

    Unwind() {
      super("the run is over", null, false, false);
    }
  }

  Fiber(DeterministicExecution execution, int number, String name, Runnable body) {
    this.execution = execution;
    this.number = number;
    this.standing = number;
    this.name = name;
    this.body = body;
  }

  @Override
  public String name() {
    return name;
  }

  /** How many tasks of the run were spawned before. */
  int number() {
    return number;
  }

  /** Its place in the queue of the default order, lower ones first. */
  long standing() {
    return standing;
  }

  void standsAt(long place) {
    standing = place;
  }

  boolean isCurrentThread() {
    return worker != null && worker.thread() == Thread.currentThread();
  }

  boolean isParked() {
    return parked;
  }

  long deadline() {
    return deadline;
  }

  /** An unpark that came before the park. */
  void permit() {
    permit = true;
  }

  boolean takePermit() {
    boolean had = permit;
    permit = false;
    return had;
  }

  void parksUntil(long deadlineNanos) {
    deadline = deadlineNanos;
    parked = true;
  }

  void wakes() {
    parked = false;
    deadline = Long.MAX_VALUE;
  }

  private void runToEnd() {
    Throwable thrown = null;
    try {
      body.run();
    } catch (Throwable t) {
      thrown = t;
    }
    execution.ended(this, thrown);
    over = true;
    execution.taskIsOver();
  }

  /** Passes the baton to it. */
  void resume(TaskThreads threads) {
    TaskThreads.Worker own = worker;
    if (own == null) {
      start(threads.take());
    } else {
      turn = true;
      LockSupport.unpark(own.thread());
    }
  }

  private void start(TaskThreads.Worker own) {
    boolean started = false;
    worker = own;
    try {
      own.run(name, this::runToEnd);
      started = true;
    } finally {
      if (!started) {
        worker = null; // There is no thread to wait for.
      }
    }
  }

  void awaitTurn() {
    while (!turn) {
      LockSupport.park(execution);
      // Nobody interrupts a task; left set, the mark would turn this wait into a spin.
      Thread.interrupted();
    }
    turn = false;
    assertNotUnwinding();
  }

  void assertNotUnwinding() {
    if (execution.isStopping()) {
      throw new Unwind();
    }
  }

  boolean isOver() {
    return over || worker == null;
  }

  /** Its body ends, if it has begun. */
  void unwind() {
    if (worker != null) {
      turn = true;
      LockSupport.unpark(worker.thread());
    }
  }

  void leaveThread(TaskThreads threads) {
    if (worker != null) {
      threads.ends(worker);
    }
  }

  String describe() {
    StringBuilder text = new StringBuilder(name);
    if (!parked) {
      text.append(" may run");
    } else if (deadline == Long.MAX_VALUE) {
      text.append(" waits");
    } else {
      text.append(" waits until ").append(deadline);
    }
    if (worker == null) {
      return text.toString();
    }
    int shown = 0;
    for (StackTraceElement frame : worker.thread().getStackTrace()) {
      if (shown < FRAMES_SHOWN && isOfProgram(frame.getClassName())) {
        text.append("\n    at ").append(frame);
        shown++;
      }
    }
    return text.toString();
  }

  private static boolean isOfProgram(String owner) {
    boolean ours = owner.startsWith(Fiber.class.getPackageName() + ".");
    boolean scheduler =
        owner.contains("Execution") || owner.contains("Fiber") || owner.contains("TaskThreads");
    return !owner.startsWith("java.") && !owner.startsWith("jdk.") && !(ours && scheduler);
  }
}

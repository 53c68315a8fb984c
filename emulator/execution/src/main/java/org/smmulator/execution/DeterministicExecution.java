package org.smmulator.execution;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tasks one at a time in an order drawn from a seed, on virtual time. Each task is a Java thread,
 * but only the one that holds the baton runs; it passes the baton on at yield points, parks,
 * unparks and spawns. Time advances only when every task is parked, to the earliest deadline. The
 * same seed and the same program give the same run.
 *
 * <p>All state belongs to the holder of the baton; passing it is a volatile write and read.
 */
public final class DeterministicExecution implements Execution {
  private static final long DEFAULT_MAX_STEPS = 1_000_000;
  private static final int FRAMES_SHOWN = 6;

  private final long seed;
  private final long maxSteps;
  private final SplittableRandom random;
  // Of 8 yield points, how many leave the running task alone: some seeds switch always, others
  // rarely, since different bugs need different gaps.
  private final int stayOfEight;
  private final List<Fiber> live = new ArrayList<>();
  private final List<Fiber> runnable = new ArrayList<>();
  private @Nullable Fiber running;
  private @Nullable Fiber mainFiber;
  private long now;
  private long steps;
  private long switches;
  private EventLog events = EventLog.OFF;
  private @Nullable Failure failure;
  private volatile boolean stopping;
  private volatile @Nullable Thread controller;

  private record Failure(String task, Throwable thrown) {}

  public DeterministicExecution(long seed) {
    this(seed, DEFAULT_MAX_STEPS);
  }

  /** As above, with the number of scheduling points after which the run counts as a livelock. */
  public DeterministicExecution(long seed, long maxSteps) {
    this.seed = seed;
    this.maxSteps = maxSteps;
    this.random = new SplittableRandom(seed);
    this.stayOfEight = new int[] {0, 4, 7}[random.nextInt(3)];
  }

  public long seed() {
    return seed;
  }

  /** From now on each hand-over between tasks is an event of the task that goes on. */
  public void recordSwitches(EventLog log) {
    events = log;
  }

  /** Hand-overs from one task to another so far. */
  public long switches() {
    return switches;
  }

  /** Scheduling points passed so far. */
  public long steps() {
    return steps;
  }

  /**
   * Runs {@code main} as the first task. When it returns, or when any task throws, the tasks that
   * are left are unwound and ended. To be used once.
   *
   * @throws ScheduleFailure for the first failure of any task, a deadlock or a livelock
   */
  public void run(Runnable main) {
    if (controller != null) {
      throw new IllegalStateException("a deterministic execution runs once");
    }
    controller = Thread.currentThread();
    Fiber first = new Fiber("main", main);
    mainFiber = first;
    live.add(first);
    runnable.add(first);
    first.resume();
    boolean interrupted = false;
    while (!stopping) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    for (Fiber fiber : List.copyOf(live)) {
      running = fiber;
      interrupted |= fiber.unwind();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Failure found = failure;
    if (found != null) {
      throw new ScheduleFailure(seed, found.task, found.thrown);
    }
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Handle spawn(String name, Runnable body) {
    Fiber me = me();
    me.assertNotUnwinding();
    Fiber fiber = new Fiber(name, body);
    live.add(fiber);
    runnable.add(fiber);
    choose(me);
    return fiber;
  }

  @Override
  public Handle current() {
    return me();
  }

  @Override
  public void park(long deadlineNanos) {
    Fiber me = me();
    me.assertNotUnwinding();
    if (me.permit) {
      me.permit = false;
      choose(me);
      return;
    }
    me.deadline = deadlineNanos;
    me.parked = true;
    runnable.remove(me);
    choose(me);
  }

  @Override
  public void unpark(Handle task) {
    Fiber me = me();
    Fiber target = (Fiber) task;
    if (stopping) {
      return;
    }
    if (target.parked) {
      wake(target);
    } else {
      target.permit = true;
    }
    choose(me);
  }

  /** Nothing happens while a task turns on the spot. */
  @Override
  public boolean spin() {
    return false;
  }

  @Override
  public void yieldPoint() {
    Fiber me = me();
    me.assertNotUnwinding();
    if (random.nextInt(8) >= stayOfEight) {
      choose(me);
    } else {
      countStep();
    }
  }

  private Fiber me() {
    Fiber fiber = running;
    if (fiber == null || fiber.thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "thread '%s' is not the running task of this execution"
              .formatted(Thread.currentThread().getName()));
    }
    return fiber;
  }

  private void wake(Fiber fiber) {
    fiber.parked = false;
    fiber.deadline = Long.MAX_VALUE;
    runnable.add(fiber);
  }

  /** Passes the baton to a task drawn from the seed, and returns when {@code me} has it again. */
  private void choose(Fiber me) {
    countStep();
    Fiber next = draw();
    if (next == null) {
      stop(me.name, new IllegalStateException("deadlock; no task can run:" + dump()));
    } else if (next == me) {
      return;
    } else {
      handOver(next);
    }
    me.awaitTurn();
  }

  private void handOver(Fiber next) {
    switches++;
    if (events.isOn()) {
      events.record(now, next.name, "runs");
    }
    next.resume();
  }

  private void countStep() {
    if (++steps == maxSteps) {
      stop(
          me().name,
          new IllegalStateException("livelock; " + maxSteps + " steps without an end:" + dump()));
      me().awaitTurn();
    }
  }

  private @Nullable Fiber draw() {
    if (runnable.isEmpty() && !advanceTime()) {
      return null;
    }
    return runnable.get(random.nextInt(runnable.size()));
  }

  private boolean advanceTime() {
    long earliest = Long.MAX_VALUE;
    for (Fiber fiber : live) {
      earliest = Math.min(earliest, fiber.deadline);
    }
    if (earliest == Long.MAX_VALUE) {
      return false;
    }
    now = Math.max(now, earliest);
    for (Fiber fiber : live) {
      if (fiber.parked && fiber.deadline <= now) {
        wake(fiber);
      }
    }
    return true;
  }

  private void ended(Fiber fiber, @Nullable Throwable thrown) {
    live.remove(fiber);
    runnable.remove(fiber);
    if (stopping) {
      return;
    }
    if (thrown != null) {
      stop(fiber.name, thrown);
      return;
    }
    if (fiber == mainFiber) {
      endRun();
      return;
    }
    Fiber next = draw();
    if (next == null) {
      stop(fiber.name, new IllegalStateException("deadlock; no task can run:" + dump()));
    } else {
      handOver(next);
    }
  }

  private void stop(String task, Throwable thrown) {
    failure = new Failure(task, thrown);
    endRun();
  }

  private void endRun() {
    stopping = true;
    LockSupport.unpark(controller);
  }

  private String dump() {
    StringBuilder text = new StringBuilder();
    for (Fiber fiber : live) {
      text.append("\n  ").append(fiber.describe());
    }
    return text.toString();
  }

  /** Ends a task's thread from inside; an error, so that no handler of exceptions stops it. */
  private static final class Unwind extends Error {
    private static final long serialVersionUID = 1L;

    Unwind() {
      super("the run is over", null, false, false);
    }
  }

  private final class Fiber implements Handle {
    private final String name;
    private final Thread thread;
    private boolean started;
    private boolean permit;
    private boolean parked;
    private long deadline = Long.MAX_VALUE;
    private volatile boolean turn;

    Fiber(String name, Runnable body) {
      this.name = name;
      this.thread = new Thread(() -> runToEnd(body), name);
      this.thread.setDaemon(true);
    }

    @Override
    public String name() {
      return name;
    }

    private void runToEnd(Runnable body) {
      Throwable thrown = null;
      try {
        body.run();
      } catch (Throwable t) {
        thrown = t;
      }
      ended(this, thrown);
    }

    void resume() {
      running = this;
      if (started) {
        turn = true;
        LockSupport.unpark(thread);
      } else {
        started = true;
        thread.start();
      }
    }

    void awaitTurn() {
      while (!turn) {
        LockSupport.park(DeterministicExecution.this);
        // Nobody interrupts a task; left set, the mark would turn this wait into a spin.
        Thread.interrupted();
      }
      turn = false;
      assertNotUnwinding();
    }

    void assertNotUnwinding() {
      if (stopping) {
        throw new Unwind();
      }
    }

    /** Ends the thread; whether the caller was interrupted meanwhile. */
    boolean unwind() {
      if (!started) {
        return false;
      }
      turn = true;
      LockSupport.unpark(thread);
      boolean interrupted = false;
      while (true) {
        try {
          thread.join();
          return interrupted;
        } catch (InterruptedException e) {
          interrupted = true;
        }
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
      int shown = 0;
      for (StackTraceElement frame : thread.getStackTrace()) {
        String owner = frame.getClassName();
        boolean ours = owner.startsWith(DeterministicExecution.class.getPackageName() + ".");
        if (shown < FRAMES_SHOWN
            && !owner.startsWith("java.")
            && !owner.startsWith("jdk.")
            && !(ours && owner.contains("Execution"))) {
          text.append("\n    at ").append(frame);
          shown++;
        }
      }
      return text.toString();
    }
  }
}

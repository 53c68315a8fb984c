package org.smmulator.execution;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

/**
 * Tasks one at a time, in the order that an {@link Order} decides, on virtual time. Each task is a
 * Java thread, but only the one that holds the baton runs; it passes the baton on at yield points,
 * parks, unparks and spawns. Time advances only when every task is parked, to the earliest
 * deadline. The same order and the same program give the same run.
 *
 * <p>All state belongs to the holder of the baton; passing it is a volatile write and read.
 */
public final class DeterministicExecution implements Execution {
  private static final long DEFAULT_MAX_STEPS = 1_000_000;
  private static final String GIVEN_UP =
      "its caller was interrupted, or its time was over; it cannot go on";

  private final Order order;
  private final long maxSteps;
  private final TaskThreads threads;
  private final List<Fiber> live = new ArrayList<>();
  private final List<Fiber> runnable = new ArrayList<>();
  private final SchedulingPoint point = new SchedulingPoint(runnable);
  private final Visitors visitors = new Visitors(this);
  private int spawned;
  private @Nullable Recording recording;
  private @Nullable Fiber running;
  private @Nullable Fiber mainFiber;
  private long now;
  private long steps;
  private long switches;
  private Recorder recorder = Recorder.OFF;
  private @Nullable Failure failure;
  private volatile boolean stopping;
  private volatile boolean givenUp;
  private volatile @Nullable Thread controller;

  private record Failure(String task, Throwable thrown) {}

  /** In an order drawn uniformly from a seed. */
  public DeterministicExecution(long seed) {
    this(seed, DEFAULT_MAX_STEPS);
  }

  /** As above, with the number of scheduling points after which the run counts as a livelock. */
  public DeterministicExecution(long seed, long maxSteps) {
    this(new UniformOrder(seed), maxSteps, TaskThreads.ofOneRun());
  }

  public DeterministicExecution(Order order) {
    this(order, DEFAULT_MAX_STEPS, TaskThreads.ofOneRun());
  }

  /** On threads that other runs had before, and will have after. */
  public DeterministicExecution(Order order, long maxSteps, TaskThreads threads) {
    this.order = order;
    this.maxSteps = maxSteps;
    this.threads = threads;
  }

  /** The seed of the order, for choices that the program draws itself. */
  public long seed() {
    return order.seed();
  }

  /** To be called before the run: what is chosen, as it is chosen. */
  public Recording record() {
    Recording made = new Recording();
    recording = made;
    return made;
  }

  /**
   * The program says that its preparation is over. Who explores orders leaves what came before in
   * the default one.
   */
  public void raceBegins() {
    order.raceBegins();
    if (recording != null) {
      recording.raceBegins(steps);
    }
  }

  /** The program says that what it does from here on only looks at the outcome. */
  public void raceEnds() {
    order.raceEnds();
    if (recording != null) {
      recording.raceEnds(steps);
    }
  }

  /** From now on each hand-over between tasks is an event of the task that goes on. */
  public void recordSwitches(Recorder told) {
    recorder = told;
  }

  /** Where the run is recorded; what the program records too goes there. */
  public Recorder recorder() {
    return recorder;
  }

  /** Those who look at the run from outside. */
  public Visitors visitors() {
    return visitors;
  }

  @Override
  public boolean isVisited() {
    return visitors.me() != null;
  }

  @Override
  public void aboutToWait() {
    if (isVisited()) {
      throw new IllegalStateException("a task is in the middle of it; ask again");
    }
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
    Fiber first = new Fiber(this, spawned++, "main", main);
    mainFiber = first;
    live.add(first);
    runnable.add(first);
    running = first;
    first.resume(threads);
    boolean interrupted = awaitEnd();
    if (recording != null) {
      recording.ends(steps);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Failure found = failure;
    if (found != null) {
      throw new ScheduleFailure(order, found.task, found.thrown);
    }
  }

  /** Whether the caller was interrupted meanwhile. */
  private boolean awaitEnd() {
    boolean interrupted = false;
    while (!stopping) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    for (Fiber fiber : List.copyOf(live)) {
      running = fiber;
      fiber.unwind();
      while (!fiber.isOver()) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    }
    threads.endOfRun();
    return interrupted;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Handle spawn(String name, Runnable body) {
    Fiber me = task();
    me.assertNotUnwinding();
    Fiber fiber = new Fiber(this, spawned++, name, body);
    live.add(fiber);
    runnable.add(fiber);
    choose(me, false);
    return fiber;
  }

  @Override
  public Handle current() {
    return me();
  }

  @Override
  public void park(long deadlineNanos) {
    Fiber me = task();
    me.assertNotUnwinding();
    if (!me.takePermit()) {
      me.parksUntil(deadlineNanos);
      runnable.remove(me);
    }
    choose(me, false);
  }

  @Override
  public void unpark(Handle task) {
    Fiber me = task();
    if (stopping) {
      return;
    }
    wake(task);
    choose(me, false);
  }

  @Override
  public void wake(Handle task) {
    Fiber target = (Fiber) task;
    if (target.isParked()) {
      wake(target);
    } else {
      target.permit();
    }
  }

  /** Nothing happens while a task turns on the spot. */
  @Override
  public boolean spin() {
    return false;
  }

  @Override
  public void yieldPoint() {
    Fiber me = me();
    if (visitors.is(me)) {
      return;
    }
    me.assertNotUnwinding();
    choose(me, true);
  }

  /** The running task; a visitor does nothing that changes the run. */
  private Fiber task() {
    Fiber me = me();
    if (visitors.is(me)) {
      throw new IllegalStateException("who looks at a run cannot wait in it or wake anybody");
    }
    return me;
  }

  private Fiber me() {
    Fiber fiber = running;
    if (fiber == null || !fiber.isCurrentThread()) {
      Fiber visitor = visitors.me();
      if (visitor != null) {
        return visitor;
      }
      throw new IllegalStateException(
          "thread '%s' is not the running task of this execution"
              .formatted(Thread.currentThread().getName()));
    }
    return fiber;
  }

  /** Whether the calling thread is the task that runs. */
  boolean isInTask() {
    Fiber fiber = running;
    return fiber != null && fiber.isCurrentThread();
  }

  private void wake(Fiber fiber) {
    fiber.wakes();
    runnable.add(fiber);
  }

  /** Passes the baton to the task that comes next; returns when {@code me} has it again. */
  private void choose(Fiber me, boolean mereYield) {
    countStep();
    Fiber next = next(me, mereYield);
    if (next == me) {
      return;
    }
    if (next == null) {
      stop(me.name(), new IllegalStateException("deadlock; no task can run:" + dump()));
    } else {
      handOver(next);
    }
    me.awaitTurn();
  }

  private @Nullable Fiber next(Fiber from, boolean mereYield) {
    if (runnable.isEmpty() && !advanceTime()) {
      return null;
    }
    point.at(from, mereYield);
    int place = order.next(point);
    Fiber next = place == Order.GO_ON ? from : runnable.get(place);
    if (recording != null && runnable.size() > 1) {
      recording.decided(point, runnable.indexOf(next), from.name(), next.name());
    }
    point.passed(next);
    return next;
  }

  private void handOver(Fiber next) {
    switches++;
    if (recorder.records(EventKind.TASK_RUNS)) {
      int who = recorder.name(next.name());
      recorder.record(EventKind.TASK_RUNS, now, who, Recorder.NO_CAUSE, 0, 0, 0, 0);
    }
    running = next;
    next.resume(threads);
  }

  private void countStep() {
    if (++steps == maxSteps) {
      giveUp("livelock; " + maxSteps + " steps without an end:" + dump());
    }
    if (givenUp) {
      giveUp(GIVEN_UP);
    }
  }

  private void giveUp(String why) {
    stop(me().name(), new IllegalStateException(why));
    me().awaitTurn();
  }

  /** What a run that was given up has failed with, or will. */
  ScheduleFailure givenUp() {
    return new ScheduleFailure(order, "main", new IllegalStateException(GIVEN_UP));
  }

  /** The run fails at its next step; from any thread. */
  void giveUp() {
    givenUp = true;
  }

  private boolean advanceTime() {
    long earliest = Long.MAX_VALUE;
    for (Fiber fiber : live) {
      earliest = Math.min(earliest, fiber.deadline());
    }
    if (earliest == Long.MAX_VALUE) {
      return false;
    }
    visitors.timeMoves(earliest);
    now = Math.max(now, earliest);
    for (Fiber fiber : live) {
      if (fiber.isParked() && fiber.deadline() <= now) {
        wake(fiber);
      }
    }
    return true;
  }

  /** Called by the task's thread, which does nothing of the run afterwards. */
  void ended(Fiber fiber, @Nullable Throwable thrown) {
    fiber.leaveThread(threads);
    live.remove(fiber);
    runnable.remove(fiber);
    if (stopping) {
      return;
    }
    if (thrown != null) {
      stop(fiber.name(), thrown);
      return;
    }
    if (fiber == mainFiber) {
      endRun();
      return;
    }
    Fiber next = next(fiber, false);
    if (next == null) {
      stop(fiber.name(), new IllegalStateException("deadlock; no task can run:" + dump()));
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
    visitors.runEnds();
    LockSupport.unpark(controller);
  }

  boolean isStopping() {
    return stopping;
  }

  /** The end of the run may have waited for it. */
  void taskIsOver() {
    if (stopping) {
      LockSupport.unpark(controller);
    }
  }

  private String dump() {
    StringBuilder text = new StringBuilder();
    for (Fiber fiber : live) {
      text.append("\n  ").append(fiber.describe());
    }
    return text.toString();
  }
}

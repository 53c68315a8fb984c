package org.smmulator.machine;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.At;
import org.smmulator.execution.Execution;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventWatch;

/** Steps {@code at}: each waits on a task of its own for its event. Thread-safe. */
final class Hooks {
  private final Sched sched;
  private final Expectations expectations;
  private final Map<Long, Hook> armed = new LinkedHashMap<>();

  Hooks(Sched sched, Expectations expectations) {
    this.sched = sched;
    this.expectations = expectations;
  }

  /** One of them. */
  private static final class Hook implements EventWatch {
    final At at;
    final Execution execution;
    private long seen;
    private volatile boolean fired;
    private volatile boolean over;
    private volatile Execution.@Nullable Handle waiting;
    volatile @Nullable Task task;
    volatile @Nullable ScenarioException failure;

    Hook(At at, Execution execution) {
      this.at = at;
      this.execution = execution;
    }

    @Override
    public Detail detail() {
      return at.event().detail();
    }

    @Override
    public void recorded(EventKind kind, long firstValue) {
      if (!fired && at.event().matches(kind, firstValue) && ++seen == at.nth()) {
        fired = true;
        wake();
      }
    }

    private void wake() {
      Execution.Handle handle = waiting;
      if (handle != null) {
        execution.wake(handle);
      }
    }

    /** On the hook's task; whether the event has come. */
    boolean await() {
      waiting = execution.current();
      while (!fired && !over) {
        execution.park(Long.MAX_VALUE);
      }
      return fired;
    }

    void giveUp() {
      over = true;
      wake();
    }
  }

  /**
   * Arms a hook. One of the same step that was armed before is over then.
   *
   * @param number of the step
   * @param where words about the step
   */
  void arm(At at, long number, String where, GuestSteps.Action steps) throws ScenarioException {
    Hook before = take(number);
    if (before != null) {
      end(before, where + " before it was armed again");
    }
    Hook hook = new Hook(at, sched.execution());
    sched.recorder().addWatch(hook);
    hook.task =
        sched.spawn(
            "at " + at.event(),
            () -> {
              boolean fired = hook.await();
              sched.recorder().removeWatch(hook);
              if (fired) {
                run(hook, steps);
              }
            });
    put(number, hook);
  }

  private static void run(Hook hook, GuestSteps.Action steps) {
    try {
      steps.run();
    } catch (ScenarioException e) {
      hook.failure = e;
    }
  }

  private synchronized @Nullable Hook take(long number) {
    return armed.remove(number);
  }

  private synchronized void put(long number, Hook hook) {
    armed.put(number, hook);
  }

  private synchronized Map<Long, Hook> takeAll() {
    Map<Long, Hook> all = new LinkedHashMap<>(armed);
    armed.clear();
    return all;
  }

  /**
   * The scenario's other steps are done: waits for those that have fired, and tells of the others.
   */
  void end() throws ScenarioException {
    for (Map.Entry<Long, Hook> each : takeAll().entrySet()) {
      end(each.getValue(), "step " + each.getKey());
    }
  }

  /** The scenario cannot go on: those that have not fired never will. */
  void abandon() {
    takeAll().values().forEach(Hook::giveUp);
  }

  private void end(Hook hook, String where) throws ScenarioException {
    hook.giveUp();
    Task task = hook.task;
    if (task != null) {
      StepRunner.join(task);
    }
    if (hook.failure != null) {
      throw hook.failure;
    }
    if (!hook.fired) {
      expectations.unmet(
          String.format(
              "%s (at %s %d): the event came %d times, and its steps were not run",
              where, hook.at.event(), hook.at.nth(), hook.seen));
    }
  }
}

package org.smmulator.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.At;
import org.smmulator.config.Expect;
import org.smmulator.config.NestedSteps;
import org.smmulator.config.Parallel;
import org.smmulator.config.Repeat;
import org.smmulator.config.Step;
import org.smmulator.config.StepWords;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;

/**
 * Runs lists of steps in their order, with those inside of others: in rounds, in branches that
 * meet, and when an event comes. A step has the number that is its place in the file, those inside
 * of others counted.
 */
final class StepRunner {
  /** Whoever is told how far it is; called from any task. */
  interface Follower {
    /** Nobody is. */
    Follower NONE =
        new Follower() {
          @Override
          public void begins(Step step) {}

          @Override
          public void done() {}
        };

    void begins(Step step);

    void done();
  }

  /**
   * Where a list is.
   *
   * @param steps what does them
   * @param context words of the round
   * @param outer of the step that the list belongs to
   */
  private record Where(GuestSteps steps, String context, @Nullable StepAccount outer) {}

  private final GuestSteps steps;
  private final Expectations expectations;
  private final Hooks hooks;
  private final Follower follower;

  StepRunner(GuestSteps steps, Expectations expectations, Follower follower) {
    this.steps = steps;
    this.expectations = expectations;
    this.hooks = new Hooks(steps.guest().kernel().sched(), expectations);
    this.follower = follower;
  }

  /** All of a scenario; hooks that have not fired then never do. */
  void run(List<Step> all) throws ScenarioException {
    boolean done = false;
    try {
      run(all, 1, new Where(steps, "", null));
      steps.joinBackground();
      hooks.end();
      done = true;
    } finally {
      if (!done) {
        hooks.abandon();
      }
    }
  }

  /** The rounds of a step by hand. */
  void rounds(Repeat repeat, long number, StepAccount account) throws ScenarioException {
    block(repeat, number, new Where(steps, "", null), account);
  }

  private void run(List<Step> list, long first, Where place) throws ScenarioException {
    StepAccount account = null;
    long number = first;
    try {
      for (int i = 0; i < list.size(); i++) {
        Step step = list.get(i);
        follower.begins(step);
        if (step instanceof Expect expect) {
          judge(expect, number, place, account);
        } else {
          List<Expect> expected = expectedOf(list, i);
          close(account);
          account = account(step, number, expected, place);
          run(step, number, place, account, isToBeRefused(expected));
        }
        if (step.parts().isEmpty()) {
          follower.done();
        }
        number += NestedSteps.written(step);
      }
    } finally {
      close(account);
    }
  }

  private static void close(@Nullable StepAccount account) {
    if (account != null) {
      account.close();
    }
  }

  /** What is expected of a step, right after it. */
  private static List<Expect> expectedOf(List<Step> list, int index) {
    List<Expect> expected = new ArrayList<>();
    for (int i = index + 1; i < list.size() && list.get(i) instanceof Expect expect; i++) {
      expected.add(expect);
    }
    return expected;
  }

  private static boolean isToBeRefused(List<Expect> expected) {
    return expected.stream().anyMatch(each -> each.refused() != null);
  }

  private StepAccount account(Step step, long number, List<Expect> expected, Where place) {
    return new StepAccount(
        step,
        number,
        place.context,
        steps.guest().kernel().sched().recorder(),
        place.outer,
        StepAccount.detail(expected));
  }

  private void judge(Expect expect, long number, Where place, @Nullable StepAccount account)
      throws ScenarioException {
    if (account == null) {
      throw new IllegalStateException("an expectation without a step before it");
    }
    place.steps.recorded(
        expect,
        number,
        () -> {
          List<String> unused = expectations.judge(expect, account);
        });
  }

  private void run(Step step, long number, Where place, StepAccount account, boolean mayBeRefused)
      throws ScenarioException {
    if (!step.parts().isEmpty()) {
      block(step, number, place, account);
      return;
    }
    try {
      account.ran(place.steps.run(step, number, () -> {}));
    } catch (ScenarioException e) {
      if (!mayBeRefused) {
        throw e;
      }
      account.refused(String.valueOf(e.getMessage()));
    }
  }

  private void block(Step step, long number, Where place, StepAccount account)
      throws ScenarioException {
    place.steps.recorded(
        step,
        number,
        () -> {
          Where inside = new Where(place.steps, place.context, account);
          if (step instanceof Repeat repeat) {
            repeat(repeat, number, inside);
          } else if (step instanceof Parallel parallel) {
            parallel(parallel, number, inside);
          } else if (step instanceof At at) {
            at(at, number, inside);
          } else {
            throw new IllegalStateException(step.word() + " is made of steps in an unknown way");
          }
        });
  }

  private void repeat(Repeat step, long number, Where place) throws ScenarioException {
    for (int round = 1; round <= step.times(); round++) {
      String context = place.context + ", round " + round + " of " + step.times();
      run(step.steps(), number + 1, new Where(place.steps, context, place.outer));
    }
  }

  private void parallel(Parallel step, long number, Where place) throws ScenarioException {
    Sched sched = steps.guest().kernel().sched();
    List<Task> branches = new ArrayList<>();
    @Nullable ScenarioException[] failures = new ScenarioException[step.branches().size()];
    long first = number + 1;
    for (Map.Entry<String, List<Step>> branch : step.branches().entrySet()) {
      Where own = new Where(place.steps.beside(), place.context, place.outer);
      long start = first;
      int index = branches.size();
      branches.add(
          sched.spawn(
              branch.getKey(),
              () -> {
                try {
                  run(branch.getValue(), start, own);
                } catch (ScenarioException e) {
                  failures[index] = e;
                }
              }));
      first += NestedSteps.written(branch.getValue());
    }
    branches.forEach(Task::join);
    for (int i = 0; i < failures.length; i++) {
      ScenarioException failure = failures[i];
      if (failure != null) {
        throw failure;
      }
      join(branches.get(i));
    }
  }

  /** Waits for a task that does steps; what it failed of ends the scenario. */
  static void join(Task task) throws ScenarioException {
    task.join();
    if (task.failure() != null) {
      throw new ScenarioException(task.name() + " failed: " + task.failure(), task.failure());
    }
  }

  private void at(At step, long number, Where place) throws ScenarioException {
    Where own = new Where(place.steps.beside(), place.context, place.outer);
    String where = "step " + number + " (" + StepWords.of(step) + ")";
    hooks.arm(step, number, where, () -> run(step.steps(), number + 1, own));
  }
}

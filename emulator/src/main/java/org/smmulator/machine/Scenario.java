package org.smmulator.machine;

import java.util.concurrent.atomic.AtomicInteger;
import org.smmulator.config.Expect;
import org.smmulator.config.NestedSteps;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.config.StepWords;

/**
 * Runs the steps of a scenario, one after the other, on a task of the guest. A step that cannot be
 * done ends the scenario with one sentence.
 */
final class Scenario implements StepRunner.Follower {
  private final ScenarioConfig config;
  private final ScenarioGuest guest;
  private final Expectations expectations;
  private final StepRunner runner;
  private final AtomicInteger stepsBegun = new AtomicInteger();
  private final AtomicInteger stepsDone = new AtomicInteger();
  private volatile String now = "waiting for devices";

  Scenario(ScenarioConfig config, GuestSteps steps, Expectations expectations) {
    this.config = config;
    this.guest = steps.guest();
    this.expectations = expectations;
    this.runner = new StepRunner(steps, expectations, this);
  }

  /** What is going on, for the progress line. */
  String now() {
    return now;
  }

  int stepsBegun() {
    return stepsBegun.get();
  }

  ScenarioProgress progress() {
    return new ScenarioProgress(
        (int) NestedSteps.planned(config.steps()),
        stepsDone.get(),
        NestedSteps.operations(config.steps()),
        guest.streams().operationsOver());
  }

  @Override
  public void begins(Step step) {
    now = StepWords.of(step);
    stepsBegun.incrementAndGet();
  }

  @Override
  public void done() {
    stepsDone.incrementAndGet();
  }

  void run() throws ScenarioException {
    runner.run(config.steps());
    if (NestedSteps.contain(config.steps(), Expect.class)) {
      expectations.over();
    }
    now = "done";
  }
}

package org.smmulator.machine;

import java.util.List;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.config.StepWords;

/**
 * Runs the steps of a scenario, one after the other, on a task of the guest. A step that cannot be
 * done ends the scenario with one sentence.
 */
final class Scenario {
  private final ScenarioConfig config;
  private final GuestSteps steps;
  private volatile int stepsBegun;
  private volatile int stepsDone;
  private volatile String now = "waiting for devices";

  Scenario(ScenarioConfig config, GuestSteps steps) {
    this.config = config;
    this.steps = steps;
  }

  /** What is going on, for the progress line. */
  String now() {
    return now;
  }

  int stepsBegun() {
    return stepsBegun;
  }

  ScenarioProgress progress() {
    return new ScenarioProgress(
        config.steps().size(), stepsDone, operationsPlanned(), steps.operationsOver());
  }

  /** All operations that the file asks for, on all devices. */
  private long operationsPlanned() {
    long planned = 0;
    for (Step step : config.steps()) {
      if (step instanceof Step.Dma dma) {
        planned += (long) dma.operations() * dma.processes().size() * dma.devices().size();
      }
    }
    return planned;
  }

  void run() throws ScenarioException {
    List<Step> all = config.steps();
    for (int i = 0; i < all.size(); i++) {
      now = StepWords.of(all.get(i));
      stepsBegun = i + 1;
      steps.run(all.get(i), i + 1, () -> {});
      stepsDone = i + 1;
    }
    steps.joinBackground();
    now = "done";
  }
}

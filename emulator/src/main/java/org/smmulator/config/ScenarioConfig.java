package org.smmulator.config;

import java.util.List;

/** The section {@code scenario}: steps in order; only {@code dma} can go on in the background. */
public record ScenarioConfig(
    @Key(meaning = "Seed of address streams and contents.", fallback = "1", max = Long.MAX_VALUE)
        long seed,
    @Key(
            meaning = "Time for all steps together.",
            unit = "seconds",
            fallback = "600",
            min = 1,
            max = 86_400)
        int timeoutSeconds,
    @Key(meaning = "What happens, in this order.", nonEmpty = true) List<Step> steps) {

  public ScenarioConfig {
    steps = List.copyOf(steps);
  }

  ScenarioConfig withSeed(long other) {
    return new ScenarioConfig(other, timeoutSeconds, steps);
  }
}

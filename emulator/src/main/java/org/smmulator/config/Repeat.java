package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;
import java.util.Map;

/** Does its steps again and again. */
@JsonTypeName("repeat")
public record Repeat(
    @Key(meaning = "How often.", unit = "rounds", min = 1, max = 1_000_000) int times,
    @Key(meaning = "What is done in each round.", nonEmpty = true) List<Step> steps)
    implements Step {
  public Repeat {
    steps = List.copyOf(steps);
  }

  @Override
  public Map<String, List<Step>> parts() {
    return Map.of("steps", steps);
  }

  @Override
  public <E extends Exception> void choose(StepCases<E> cases) throws E {
    cases.repeat(this);
  }
}

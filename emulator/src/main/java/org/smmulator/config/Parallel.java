package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;
import java.util.Map;

/** Does several lists of steps at the same time, each on a task of its own; ends with the last. */
@JsonTypeName("parallel")
public record Parallel(
    @Key(meaning = "The lists of steps, each with a name.", nonEmpty = true, syntax = Syntax.NAME)
        Map<String, List<Step>> branches)
    implements Step {
  public Parallel {
    branches = Expect.copy(branches);
  }

  @Override
  public Map<String, List<Step>> parts() {
    return NestedSteps.below("branches", branches);
  }

  @Override
  public <E extends Exception> void choose(StepCases<E> cases) throws E {
    cases.parallel(this);
  }
}

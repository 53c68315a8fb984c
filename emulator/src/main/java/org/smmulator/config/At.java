package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;
import java.util.Map;

/** Goes on, and does its steps beside what follows when the nth event of a name happens. */
@JsonTypeName("at")
public record At(
    @Key(
            meaning =
                "What is waited for: a kind as 'smmulator events' has it, or a command's opcode.")
        EventName event,
    @Key(
            meaning = "Which of those that happen from now on; 1 is the next.",
            fallback = "1",
            min = 1,
            max = 1_000_000)
        int nth,
    @Key(meaning = "What is done then, on a task of its own.", nonEmpty = true) List<Step> steps)
    implements Step {
  public At {
    steps = List.copyOf(steps);
  }

  @Override
  public Map<String, List<Step>> parts() {
    return Map.of("steps", steps);
  }

  @Override
  public <E extends Exception> void choose(StepCases<E> cases) throws E {
    cases.at(this);
  }
}

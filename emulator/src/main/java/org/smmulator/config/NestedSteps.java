package org.smmulator.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Goes through steps with those inside of them, in the order of the file. */
public final class NestedSteps {
  /** More than any machine does in a lifetime; so that sums of products do not overflow. */
  private static final long MOST = 1_000_000_000_000L;

  private NestedSteps() {}

  /** Calls for each step, a block before what is in it, with the path of its kind's key. */
  static void each(List<Step> steps, String path, BiConsumer<Step, String> action) {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      String where = Problems.child(Problems.element(path, i), step.word());
      action.accept(step, where);
      step.parts().forEach((part, inside) -> each(inside, Problems.child(where, part), action));
    }
  }

  static Map<String, List<Step>> below(String key, Map<String, List<Step>> lists) {
    Map<String, List<Step>> parts = new LinkedHashMap<>();
    lists.forEach((name, steps) -> parts.put(Problems.child(key, name), steps));
    return parts;
  }

  /** How many steps there are in a file, those inside of others included. */
  public static long written(List<Step> steps) {
    return steps.stream().mapToLong(NestedSteps::written).sum();
  }

  /** A step, and those inside of it. */
  public static long written(Step step) {
    return 1 + step.parts().values().stream().mapToLong(NestedSteps::written).sum();
  }

  /** How many steps will be done at most, blocks not counted. */
  public static long planned(List<Step> steps) {
    long planned = 0;
    for (Step step : steps) {
      long inside = step.parts().values().stream().mapToLong(NestedSteps::planned).sum();
      planned += step.parts().isEmpty() ? 1 : inside * rounds(step);
    }
    return Math.min(planned, MOST);
  }

  /** Operations that the steps ask for, on all devices. */
  public static long operations(List<Step> steps) {
    long operations = 0;
    for (Step step : steps) {
      if (step instanceof Step.Dma dma) {
        operations += (long) dma.operations() * dma.processes().size() * dma.devices().size();
      }
      long inside = step.parts().values().stream().mapToLong(NestedSteps::operations).sum();
      operations = Math.min(operations + inside * rounds(step), MOST);
    }
    return operations;
  }

  private static long rounds(Step step) {
    return step instanceof Repeat repeat ? repeat.times() : 1;
  }

  /** Whether a step of a kind is among them. */
  public static boolean contain(List<Step> steps, Class<? extends Step> kind) {
    return steps.stream().anyMatch(step -> contains(step, kind));
  }

  /** Whether a step is of a kind, or one inside of it. */
  public static boolean contains(Step step, Class<? extends Step> kind) {
    return kind.isInstance(step)
        || step.parts().values().stream().anyMatch(inside -> contain(inside, kind));
  }
}

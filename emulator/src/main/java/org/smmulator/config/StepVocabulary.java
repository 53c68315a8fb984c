package org.smmulator.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.smmulator.arch.port.PciAddress;

/** The words of which steps are made, for who helps somebody to type one. */
public final class StepVocabulary {
  /** What a machine has names for. */
  public enum Named {
    PROCESS,
    DEVICE,
    /** Nothing: a value is a number, or one of {@link StepKey#values}, or a new name. */
    NOTHING
  }

  /**
   * A key of a step.
   *
   * @param values all that are right, where there are few
   * @param required whether the step needs it
   * @param list whether its value is a list
   */
  public record StepKey(
      String name, Named named, List<String> values, boolean required, boolean list) {
    public StepKey {
      values = List.copyOf(values);
    }
  }

  private StepVocabulary() {}

  /** All kinds of steps, in alphabetical order. */
  public static Set<String> kinds() {
    return Shape.steps().keySet();
  }

  /** The keys of a kind of step, in order; none if there is no such kind. */
  public static List<StepKey> keys(String kind) {
    Class<?> step = Shape.steps().get(kind);
    List<StepKey> keys = new ArrayList<>();
    if (step != null) {
      Shape.components(step).forEach((name, component) -> keys.add(key(name, component)));
    }
    return keys;
  }

  private static StepKey key(String name, RecordComponent component) {
    boolean list = component.getType() == List.class;
    Class<?> type = list ? element(component.getGenericType()) : component.getType();
    return new StepKey(
        name, named(name, type), values(type), Shape.required(Shape.key(component)), list);
  }

  private static Class<?> element(Type list) {
    return (Class<?>) ((ParameterizedType) list).getActualTypeArguments()[0];
  }

  private static Named named(String name, Class<?> type) {
    if (type == PciAddress.class) {
      return Named.DEVICE;
    }
    return name.startsWith("process") ? Named.PROCESS : Named.NOTHING;
  }

  private static List<String> values(Class<?> type) {
    if (type == boolean.class) {
      return List.of("true", "false");
    }
    return type.isEnum() ? Shape.names(type) : List.of();
  }
}

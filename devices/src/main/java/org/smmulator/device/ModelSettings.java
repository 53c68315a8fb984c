package org.smmulator.device;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was chosen for one device: a value for each {@link ModelOption} of its type. Immutable. */
public final class ModelSettings {
  private final Map<String, Object> values;
  private final long workNanos;
  private final @Nullable SystemMemory memory;

  private ModelSettings(
      Map<String, Object> values, long workNanos, @Nullable SystemMemory systemMemory) {
    this.values = Map.copyOf(values);
    this.workNanos = workNanos;
    this.memory = systemMemory;
  }

  /** Every option with its default. */
  public static ModelSettings defaults(List<ModelOption> options) {
    Map<String, Object> values = new HashMap<>();
    options.forEach(option -> values.put(option.name(), option.fallback()));
    return new ModelSettings(values, 0, null);
  }

  /**
   * The same with another value.
   *
   * @param value a {@link Long}, {@link Boolean} or {@link String}, as the option's default is
   * @throws IllegalArgumentException if there is no such option, or it has another type
   */
  public ModelSettings with(String option, Object value) {
    if (!value.getClass().equals(get(option, Object.class).getClass())) {
      throw new IllegalArgumentException("option " + option + " is no " + value.getClass());
    }
    Map<String, Object> changed = new HashMap<>(values);
    changed.put(option, value);
    return new ModelSettings(changed, workNanos, memory);
  }

  /** The same for a device that takes its time. */
  public ModelSettings withWorkNanos(long nanos) {
    return new ModelSettings(values, nanos, memory);
  }

  /** The same with a way around the IOMMU. */
  public ModelSettings withSystemMemory(SystemMemory systemMemory) {
    return new ModelSettings(values, workNanos, systemMemory);
  }

  /**
   * The value of a {@link ModelOption.Whole}, inside its bounds.
   *
   * @throws IllegalArgumentException if the type has no such option
   */
  public long number(String option) {
    return get(option, Long.class);
  }

  /** As {@link #number}, for an option whose bounds are those of an int, or narrower. */
  public int integer(String option) {
    return Math.toIntExact(number(option));
  }

  /**
   * The value of a {@link ModelOption.Flag}.
   *
   * @throws IllegalArgumentException if the type has no such option
   */
  public boolean flag(String option) {
    return get(option, Boolean.class);
  }

  /**
   * The value of a {@link ModelOption.Choice} or {@link ModelOption.Text}.
   *
   * @throws IllegalArgumentException if the type has no such option
   */
  public String text(String option) {
    return get(option, String.class);
  }

  private <T> T get(String option, Class<T> type) {
    Object value = values.get(option);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          "no option " + option + " of the type " + type.getSimpleName() + " was declared");
    }
    return type.cast(value);
  }

  /**
   * How long each piece of the device's work is to take, in nanoseconds, beside its accesses to
   * memory: key {@code simulation.deviceNanos} in a simulated machine, 0 in others.
   */
  public long workNanos() {
    return workNanos;
  }

  /**
   * The way around the IOMMU, for types that say {@link DeviceType#needsSystemMemory}.
   *
   * @throws IllegalStateException for others
   */
  public SystemMemory systemMemory() {
    if (memory == null) {
      throw new IllegalStateException("nobody has lent this device the machine's memory");
    }
    return memory;
  }
}

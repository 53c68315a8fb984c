package org.smmulator.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.device.ModelOption;
import org.smmulator.device.ModelSettings;
import org.smmulator.plugin.PluginException;

/**
 * The key {@code model} of a device, and the keys beside it that are options of its type.
 *
 * @param name of the type
 * @param options a value for each option: a whole number, a boolean or a text
 */
public record ModelChoice(String name, Map<String, Object> options) {
  public ModelChoice {
    Map<String, Object> inOrder = new LinkedHashMap<>();
    options.forEach(
        (option, value) ->
            inOrder.put(option, value instanceof Number number ? number.longValue() : value));
    options = Collections.unmodifiableMap(inOrder);
  }

  /** A type with the defaults of its options. */
  public static ModelChoice of(String name) {
    Map<String, Object> defaults = new LinkedHashMap<>();
    typeOf(name).options().forEach(option -> defaults.put(option.name(), option.fallback()));
    return new ModelChoice(name, defaults);
  }

  /** The same with another value of an option. */
  public ModelChoice with(String option, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(options);
    changed.put(option, value);
    return new ModelChoice(name, changed);
  }

  /** The type of that name. */
  public KnownType type() {
    return typeOf(name);
  }

  private static KnownType typeOf(String name) {
    KnownType type = DeviceTypes.offered().named(name);
    if (type == null) {
      throw new IllegalStateException("the plug-in with " + name + " is not there any more");
    }
    return type;
  }

  /** The value of an option that is a whole number; 0 if the type has none of that name. */
  int number(String option) {
    return options.get(option) instanceof Long number
        ? (int) Math.min(Math.max(number, 0), Integer.MAX_VALUE)
        : 0;
  }

  /** What is given to the model. */
  public ModelSettings settings() {
    ModelSettings settings = ModelSettings.defaults(type().options());
    for (ModelOption option : type().options()) {
      settings = settings.with(option.name(), chosen(option.name()));
    }
    return settings;
  }

  private Object chosen(String option) {
    return Objects.requireNonNull(options.get(option), option);
  }

  /**
   * Makes the device's model.
   *
   * @throws PluginException if a plug-in fails to; the message says which and how
   */
  public DeviceModel create() throws PluginException {
    return type().create(settings());
  }

  @Override
  public String toString() {
    return name;
  }
}

package org.smmulator.device;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.plugin.PluginCall;
import org.smmulator.plugin.PluginException;

/** A {@link DeviceType} that has said what it is, and can be relied on to mean it. Thread-safe. */
public final class KnownType {
  /** What a machine file, or {@code attach}, means by other things. */
  private static final Set<String> TAKEN =
      Set.of("id", "model", "atc", "stall", "process", "name", "record", "sabotage");

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  private final DeviceType type;
  private final String name;
  private final String help;
  private final List<ModelOption> options;
  private final boolean hasAtc;
  private final boolean needsSystemMemory;
  private final boolean stepped;

  private KnownType(DeviceType type) {
    this.type = type;
    this.name = type.name();
    this.help = type.help();
    this.options = new ArrayList<>(type.options());
    this.hasAtc = type.hasAtc();
    this.needsSystemMemory = type.needsSystemMemory();
    this.stepped = type.isStepped() && !PluginCall.isOfFolder(type.getClass());
    requireSense();
  }

  /**
   * Asks a type what it is.
   *
   * @throws PluginException if it throws, does not return, or says what cannot be
   */
  static KnownType of(DeviceType type) throws PluginException {
    return PluginCall.of(type.getClass(), "what it says of itself", () -> new KnownType(type));
  }

  private void requireSense() {
    require(name != null && NAME.matcher(name).matches(), "its name '" + name + "' is not right");
    require(help != null && ModelOption.Text.isRight(help), "its help is no sentence");
    Set<String> names = new HashSet<>();
    for (ModelOption option : options) {
      require(option != null, "one of its options is null");
      require(!TAKEN.contains(option.name()), "every device has a key " + option.name());
      require(names.add(option.name()), "it has two options " + option.name());
    }
  }

  private static void require(boolean right, String wrong) {
    if (!right) {
      throw new IllegalArgumentException(wrong);
    }
  }

  /** As {@link DeviceType#name}. */
  public String name() {
    return name;
  }

  /** As {@link DeviceType#help}. */
  public String help() {
    return help;
  }

  /** As {@link DeviceType#options}. */
  public List<ModelOption> options() {
    return Collections.unmodifiableList(options);
  }

  /** The option of that name, or null. */
  public @Nullable ModelOption option(String wanted) {
    return options.stream().filter(each -> each.name().equals(wanted)).findFirst().orElse(null);
  }

  /** As {@link DeviceType#hasAtc}. */
  public boolean hasAtc() {
    return hasAtc;
  }

  /** As {@link DeviceType#needsSystemMemory}. */
  public boolean needsSystemMemory() {
    return needsSystemMemory;
  }

  /** As {@link DeviceType#isStepped}; false for one of a folder of plug-ins. */
  public boolean isStepped() {
    return stepped;
  }

  /** The jar and the class that it comes from. */
  public String where() {
    return PluginCall.where(type.getClass());
  }

  /**
   * Makes a model, and asks it what its function looks like.
   *
   * @throws PluginException if one of the two throws, does not return, or returns null
   */
  public DeviceModel create(ModelSettings settings) throws PluginException {
    DeviceModel model = PluginCall.of(type.getClass(), "create()", () -> type.create(settings));
    if (!PluginCall.isOfFolder(type.getClass())) {
      return model;
    }
    return new DescribedModel(
        model, PluginCall.of(model.getClass(), "function()", model::function));
  }
}

package org.smmulator.device;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.plugin.PluginException;
import org.smmulator.plugin.Plugins;

/** The types of devices that the process has, by name. Never changed once made. */
public final class DeviceTypes {
  private static final Logger log = LoggerFactory.getLogger(DeviceTypes.class);

  private static volatile @Nullable DeviceTypes last;

  private final Plugins plugins;
  private final Map<String, KnownType> byName = new LinkedHashMap<>();

  private DeviceTypes(Plugins plugins) {
    this.plugins = plugins;
    plugins.all(DeviceType.class).forEach(this::add);
  }

  /** Those of the class path, and of the folders of plug-ins; each is asked what it is once. */
  public static DeviceTypes offered() {
    Plugins now = Plugins.current();
    DeviceTypes known = last;
    if (known == null || known.plugins != now) {
      known = new DeviceTypes(now);
      last = known;
    }
    return known;
  }

  /** Of two with one name the first counts: nobody puts another device in a bundled one's place. */
  private void add(DeviceType offered) {
    KnownType type;
    try {
      type = KnownType.of(offered);
    } catch (PluginException e) {
      log.error("a DeviceType is left out: {}", e.getMessage());
      return;
    }
    KnownType first = byName.putIfAbsent(type.name(), type);
    if (first != null) {
      log.error(
          "a DeviceType is left out: {}: {} is another's name, {}",
          type.where(),
          type.name(),
          first.where());
    }
  }

  /** In the order in which they were found: the bundled ones first. */
  public List<KnownType> all() {
    return new ArrayList<>(byName.values());
  }

  /** Their names, in the same order. */
  public List<String> names() {
    return new ArrayList<>(byName.keySet());
  }

  /** The type of that name, or null. */
  public @Nullable KnownType named(String name) {
    return byName.get(name);
  }
}

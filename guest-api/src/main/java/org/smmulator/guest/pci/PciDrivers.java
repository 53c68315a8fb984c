package org.smmulator.guest.pci;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.plugin.PluginCall;
import org.smmulator.plugin.PluginException;

/** The drivers that the kernel has, by name and by what they drive. Never changed once made. */
public final class PciDrivers {
  private static final Logger LOG = LoggerFactory.getLogger(PciDrivers.class);

  private final Map<String, PciDriver> byName = new TreeMap<>();
  private final Map<PciDriver.Id, PciDriver> byId = new HashMap<>();
  private final PciDriver generic;

  /**
   * @param drivers of two that have one name, or drive one function, the first counts
   * @param generic for what no other drives, but for bridges
   */
  public PciDrivers(List<PciDriver> drivers, PciDriver generic) {
    this.generic = generic;
    byName.put(generic.name(), generic);
    drivers.forEach(this::add);
  }

  private void add(PciDriver driver) {
    List<PciDriver.Id> ids;
    String name;
    try {
      name = PluginCall.of(driver.getClass(), "name()", driver::name);
      ids = PluginCall.of(driver.getClass(), "ids()", () -> List.copyOf(driver.ids()));
    } catch (PluginException e) {
      LOG.error("a PciDriver is left out: {}", e.getMessage());
      return;
    }
    String where = PluginCall.where(driver.getClass());
    if (byName.putIfAbsent(name, driver) != null) {
      LOG.warn("a PciDriver is left out: {}: another is called {}", where, name);
      return;
    }
    for (PciDriver.Id id : ids) {
      PciDriver first = byId.putIfAbsent(id, driver);
      if (first != null) {
        LOG.warn("{} is driven by {}, not by {}", id, PluginCall.where(first.getClass()), where);
      }
    }
  }

  /** The driver of a function: that of its IDs, else the generic one; null of what has none. */
  public @Nullable PciDriver of(PciDevice device) {
    PciDriver driver = byId.get(new PciDriver.Id(device.vendorId(), device.deviceId()));
    return driver == null && !device.isBridge() ? generic : driver;
  }

  /** The driver of that name, or null. */
  public @Nullable PciDriver named(String name) {
    return byName.get(name);
  }

  /** The names of all drivers, in alphabetical order. */
  public List<String> names() {
    return List.copyOf(byName.keySet());
  }
}

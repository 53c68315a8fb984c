package org.smmulator.guest;

import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.plugin.PluginCall;
import org.smmulator.plugin.PluginException;
import org.smmulator.plugin.Plugins;

/** The programs that jars offer by name. */
public final class GuestPrograms {
  private static final Logger LOG = LoggerFactory.getLogger(GuestPrograms.class);

  private final Map<String, GuestProgram> byName = new TreeMap<>();

  private GuestPrograms() {}

  /** All that there are; of two with one name the first, and the other one is told of. */
  public static GuestPrograms offered() {
    GuestPrograms programs = new GuestPrograms();
    for (GuestProgram program : Plugins.offered(GuestProgram.class)) {
      try {
        String name = PluginCall.of(program.getClass(), "name()", program::name);
        GuestProgram first = programs.byName.putIfAbsent(name, program);
        if (first != null) {
          LOG.error(
              "a GuestProgram is left out: {}: {} is another's name, {}",
              PluginCall.where(program.getClass()),
              name,
              PluginCall.where(first.getClass()));
        }
      } catch (PluginException e) {
        LOG.error("a GuestProgram is left out: {}", e.getMessage());
      }
    }
    return programs;
  }

  /**
   * The program of that name.
   *
   * @throws IllegalArgumentException if there is none; the message names those that there are
   */
  public GuestProgram named(String name) {
    GuestProgram program = byName.get(name);
    if (program == null) {
      throw new IllegalArgumentException(
          "no program is called %s; there are %s".formatted(name, byName.keySet()));
    }
    return program;
  }
}

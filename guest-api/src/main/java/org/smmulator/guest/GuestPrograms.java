package org.smmulator.guest;

import java.util.Map;
import java.util.TreeMap;
import org.smmulator.plugin.Plugins;

/** The programs that jars offer by name. */
public final class GuestPrograms {
  private final Map<String, GuestProgram> byName = new TreeMap<>();

  private GuestPrograms() {}

  /** All that there are; of two with one name the first on the class path. */
  public static GuestPrograms offered() {
    GuestPrograms programs = new GuestPrograms();
    for (GuestProgram program : Plugins.offered(GuestProgram.class)) {
      programs.byName.putIfAbsent(program.name(), program);
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

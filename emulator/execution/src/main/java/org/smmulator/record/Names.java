package org.smmulator.record;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Small numbers for the names of tasks, devices, processes and steps. Thread-safe. */
final class Names {
  private static final int MOST = 1 << 16;
  private static final int OTHERS = 1;

  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> names = new ArrayList<>(List.of("", "others"));

  synchronized int id(String name) {
    Integer known = ids.get(name);
    if (known != null) {
      return known;
    }
    if (names.size() == MOST) {
      return OTHERS;
    }
    ids.put(name, names.size());
    names.add(name);
    return names.size() - 1;
  }

  synchronized String name(long id) {
    return id >= 0 && id < names.size() ? names.get((int) id) : "";
  }
}

package org.smmulator.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is wrong with one file, with the line of each path. */
final class Problems {
  private record Problem(int line, String sentence) {}

  private final String file;
  private final Map<String, Integer> lines = new HashMap<>();
  private final List<Problem> found = new ArrayList<>();

  Problems(String file) {
    this.file = file;
  }

  void locate(String path, int line) {
    lines.put(path, line);
  }

  /** The line of a path, or of what encloses it if the file does not spell it out. */
  int line(String path) {
    String known = path;
    while (!lines.containsKey(known)) {
      if (known.isEmpty()) {
        return 1;
      }
      known =
          known.substring(0, Math.max(0, Math.max(known.lastIndexOf('.'), known.lastIndexOf('['))));
    }
    return lines.get(known);
  }

  void add(String path, String sentence) {
    int line = line(path);
    String where = path.isEmpty() ? "" : path + ": ";
    found.add(new Problem(line, file + ":" + line + ": " + where + sentence));
  }

  void throwIfAny() throws ConfigException {
    if (!found.isEmpty()) {
      found.sort(Comparator.comparingInt(Problem::line));
      throw new ConfigException(found.stream().map(Problem::sentence).toList());
    }
  }

  static String child(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  static String element(String path, int index) {
    return path + "[" + index + "]";
  }
}

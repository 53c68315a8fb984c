package org.smmulator.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is wrong with one file and what options put into it, with the place of each path. */
final class Problems {
  private record Problem(Place place, String sentence) {}

  private final Map<String, Place> places = new HashMap<>();
  private final List<Problem> found = new ArrayList<>();

  /** What every sentence begins with, now. */
  private String lead = "";

  Problems(String file) {
    this(new Place(file, 1));
  }

  /** Of what stands in one place. */
  Problems(Place whole) {
    places.put("", whole);
  }

  void locate(String path, Place place) {
    places.put(path, place);
  }

  /** Forgets the places of all that is below a path. */
  void forget(String path) {
    places.keySet().removeIf(known -> isBelow(known, path));
  }

  private static boolean isBelow(String known, String path) {
    return known.startsWith(path + ".") || known.startsWith(path + "[");
  }

  /** The place of a path, or of what encloses it if it is not spelled out. */
  Place place(String path) {
    String known = path;
    Place place = places.get(known);
    while (place == null) {
      known =
          known.substring(0, Math.max(0, Math.max(known.lastIndexOf('.'), known.lastIndexOf('['))));
      place = places.get(known);
    }
    return place;
  }

  void add(String path, String sentence) {
    Place place = place(path);
    String where = path.isEmpty() ? "" : path + ": ";
    found.add(new Problem(place, place + ": " + where + lead + sentence));
  }

  int count() {
    return found.size();
  }

  /** Sentences about what an action finds begin so. */
  void during(String words, Runnable action) {
    String before = lead;
    lead = words;
    action.run();
    lead = before;
  }

  void throwIfAny() throws ConfigException {
    if (!found.isEmpty()) {
      found.sort(Comparator.comparingInt(problem -> problem.place.line()));
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

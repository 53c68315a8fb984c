package org.smmulator.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A second, naive LRU that recomputes an ATC's counts from the stream that the device recorded. */
final class AtcReplay {
  private record Key(String pasid, long page) {}

  private record Entry(long firstPage, long pages, String permissions) {}

  private final List<Map<Key, Entry>> sets = new ArrayList<>();
  private final int ways;
  long hits;
  long misses;
  long evictions;

  AtcReplay(int setCount, int ways) {
    this.ways = ways;
    for (int i = 0; i < setCount; i++) {
      sets.add(new LinkedHashMap<>());
    }
  }

  static AtcReplay of(Path record, int sets, int ways) throws IOException {
    AtcReplay replay = new AtcReplay(sets, ways);
    Files.readAllLines(record).forEach(line -> replay.event(line.split(" ")));
    return replay;
  }

  private void event(String[] words) {
    switch (words[0]) {
      case "L" -> lookup(key(words), words[3]);
      case "F" -> fill(key(words), Integer.parseInt(words[3]) - 12, words[4]);
      case "I" ->
          sets.forEach(
              set -> set.entrySet().removeIf(e -> reaches(words, e.getKey(), e.getValue())));
      default -> sets.forEach(Map::clear);
    }
  }

  private void lookup(Key key, String access) {
    Entry entry = set(key).get(key);
    boolean hit = entry != null && entry.permissions.contains(access);
    if (hit) {
      set(key).put(key, set(key).remove(key)); // last in order: most recently used
    }
    hits += hit ? 1 : 0;
    misses += hit ? 0 : 1;
  }

  private void fill(Key key, int pagesLog2, String permissions) {
    Map<Key, Entry> set = set(key);
    if (set.remove(key) == null && set.size() == ways) {
      set.remove(set.keySet().iterator().next());
      evictions++;
    }
    set.put(key, new Entry(key.page >>> pagesLog2 << pagesLog2, 1L << pagesLog2, permissions));
  }

  private static boolean reaches(String[] words, Key key, Entry entry) {
    boolean tagged = !words[1].equals("-");
    boolean inRange = true;
    if (!words[3].equals("all")) {
      long first = Long.parseLong(words[3], 16);
      long last = first + (1L << (Integer.parseInt(words[4]) - 12)) - 1;
      inRange = entry.firstPage <= last && first < entry.firstPage + entry.pages;
    }
    if (!tagged) {
      return inRange || !key.pasid.equals("-");
    }
    return inRange && (words[2].equals("1") ? !key.pasid.equals("-") : key.pasid.equals(words[1]));
  }

  private static Key key(String[] words) {
    return new Key(words[1], Long.parseLong(words[2], 16));
  }

  private Map<Key, Entry> set(Key key) {
    int pasid = key.pasid.equals("-") ? 0 : Integer.parseInt(key.pasid);
    return sets.get(((int) key.page ^ pasid) & (sets.size() - 1));
  }
}

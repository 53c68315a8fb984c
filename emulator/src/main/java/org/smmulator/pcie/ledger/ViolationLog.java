package org.smmulator.pcie.ledger;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The violations of one machine, grouped: those of one device and PASID whose sentences differ in
 * numbers only are one group. The first of each group is kept in full, and all are counted. In the
 * log a group has a line for its first one and for each power of ten that its count reaches.
 * Thread-safe.
 */
public class ViolationLog {
  /**
   * Violations alike.
   *
   * @param count how many, the first one included
   */
  public record Group(Violation first, long count) {}

  /**
   * The first groups.
   *
   * @param leftOut how many violations belong to none of them
   */
  public record Groups(List<Group> first, long leftOut) {}

  private record Key(Violation.Kind kind, String device, int pasid, String sentence) {}

  private static final class Entry {
    private final Violation first;
    private long count;
    private long said;

    Entry(Violation first) {
      this.first = first;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(ViolationLog.class);

  private final int capacity;
  private final Map<Key, Entry> groups = new LinkedHashMap<>();
  private final Map<Violation.Kind, Long> counts = new EnumMap<>(Violation.Kind.class);

  /** By ID; there are no more than slots. */
  private final Map<String, Long> countsByDevice = new HashMap<>();

  private final Map<Violation.Kind, Integer> groupsOfKind = new EnumMap<>(Violation.Kind.class);
  private long ungrouped;
  private long ungroupedSaid;

  /**
   * @param capacity groups of each kind that are kept
   */
  public ViolationLog(int capacity) {
    this.capacity = capacity;
  }

  public synchronized void record(Violation violation) {
    counts.merge(violation.kind(), 1L, Long::sum);
    countsByDevice.merge(violation.device(), 1L, Long::sum);
    Entry entry = entry(violation);
    if (entry == null) {
      ungrouped++;
      return;
    }
    if (isPowerOfTen(++entry.count)) {
      say(entry);
    }
  }

  private @Nullable Entry entry(Violation violation) {
    Key key =
        new Key(
            violation.kind(),
            violation.device(),
            violation.pasid(),
            withoutNumbers(violation.text()));
    Entry entry = groups.get(key);
    if (entry == null && groupsOfKind.getOrDefault(violation.kind(), 0) < capacity) {
      groupsOfKind.merge(violation.kind(), 1, Integer::sum);
      entry = new Entry(violation);
      groups.put(key, entry);
    }
    return entry;
  }

  /** The sentence of a group: numbers, and lists of them, are a sign. */
  private static String withoutNumbers(String text) {
    StringBuilder sentence = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      if (!Character.isDigit(text.charAt(at))) {
        sentence.append(text.charAt(at++));
        continue;
      }
      at = endOfNumber(text, at);
      if (sentence.length() > 2 && "#, ".contentEquals(tail(sentence))) {
        sentence.setLength(sentence.length() - 2);
      } else {
        sentence.append('#');
      }
    }
    return sentence.toString();
  }

  private static CharSequence tail(StringBuilder text) {
    return text.subSequence(text.length() - 3, text.length());
  }

  private static int endOfNumber(String text, int start) {
    boolean hexadecimal = text.startsWith("0x", start);
    int at = hexadecimal ? start + 2 : start;
    while (at < text.length() && Character.digit(text.charAt(at), hexadecimal ? 16 : 10) >= 0) {
      at++;
    }
    return at;
  }

  private static boolean isPowerOfTen(long count) {
    long left = count;
    while (left % 10 == 0) {
      left /= 10;
    }
    return left == 1;
  }

  private static void say(Entry entry) {
    entry.said = entry.count;
    if (entry.count == 1) {
      LOG.warn("{}", entry.first);
    } else {
      LOG.warn("{} like it so far: {}", String.format("%,d", entry.count), entry.first);
    }
  }

  /** The last word: how many of each group there were, where the log does not say it yet. */
  public synchronized void close() {
    for (Entry entry : groups.values()) {
      if (entry.said < entry.count) {
        say(entry);
      }
    }
    if (ungroupedSaid < ungrouped) {
      ungroupedSaid = ungrouped;
      LOG.warn("{} more violations of other groups", String.format("%,d", ungrouped));
    }
  }

  /** How many there were of all devices that had an ID. */
  public synchronized long count(String device) {
    return countsByDevice.getOrDefault(device, 0L);
  }

  /** How many there were. */
  public synchronized long count(Violation.Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** The first {@code most} groups in order; of each kind that occurred there is at least one. */
  public synchronized Groups groups(int most) {
    Set<Violation.Kind> missing = EnumSet.noneOf(Violation.Kind.class);
    missing.addAll(counts.keySet());
    long all = counts.values().stream().mapToLong(Long::longValue).sum();
    List<Group> shown = new ArrayList<>();
    for (Entry entry : groups.values()) {
      boolean firstOfKind = missing.remove(entry.first.kind());
      if (firstOfKind || shown.size() + missing.size() < most) {
        shown.add(new Group(entry.first, entry.count));
        all -= entry.count;
      }
    }
    return new Groups(shown, all);
  }
}

package org.smmulator.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The names that somebody probably meant. */
final class Suggestion {
  private Suggestion() {}

  /**
   * The names that differ least, if they are close enough to be meant; none where any name is as
   * close as another, and none that are numbers: another digit is another number and no slip.
   */
  static List<String> closest(String wrong, Collection<String> names) {
    List<String> best = new ArrayList<>();
    int fewest = Integer.MAX_VALUE;
    for (String name : names) {
      int edits = edits(wrong.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (edits > Math.max(1, name.length() / 3) || edits >= name.length() || isNumber(name)) {
        continue;
      }
      if (edits < fewest) {
        fewest = edits;
        best.clear();
      }
      if (edits == fewest) {
        best.add(name);
      }
    }
    return best.size() < names.size() || best.size() == 1 ? best : List.of();
  }

  private static boolean isNumber(String name) {
    return name.chars().allMatch(c -> Character.isDigit(c) || c == '.');
  }

  /** Levenshtein's distance, one row at a time; long names are not worth comparing. */
  private static int edits(String a, String b) {
    if (a.length() > 64) {
      return Integer.MAX_VALUE;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}

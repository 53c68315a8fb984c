package org.smmulator.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The name that somebody probably meant. */
final class Suggestion {
  private Suggestion() {}

  /** The end of a sentence about an unknown name: the one meant, or all there are. */
  static String of(String wrong, Collection<String> names) {
    @Nullable String meant = closest(wrong, names);
    return meant != null ? "did you mean " + meant + "?" : "right are " + String.join(", ", names);
  }

  /** The name that differs least, if it is close enough to be meant. */
  static @Nullable String closest(String wrong, Collection<String> names) {
    String best = "";
    int fewest = Integer.MAX_VALUE;
    for (String name : names) {
      int edits = edits(wrong.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (edits < fewest) {
        fewest = edits;
        best = name;
      }
    }
    return fewest <= Math.max(1, best.length() / 3) ? best : null;
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

package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Size of an ATC: sets (a power of two) times ways, written {@code 64x4}. */
public record AtcGeometry(int sets, int ways) {
  static final String EXPRESSION = "[0-9]{1,5}x[0-9]{1,2}";
  private static final Pattern SETS_WAYS = Pattern.compile("([0-9]{1,5})x([0-9]{1,2})");
  private static final int MAX_SETS = 1 << 16;
  private static final int MAX_WAYS = 64;

  /** Reads SETSxWAYS; the exception's message says what would be right. */
  @JsonCreator
  public static AtcGeometry parse(String text) {
    Matcher matcher = SETS_WAYS.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an ATC geometry; use SETSxWAYS, such as 64x4");
    }
    int sets = Integer.parseInt(matcher.group(1));
    int ways = Integer.parseInt(matcher.group(2));
    if (Integer.bitCount(sets) != 1 || sets > MAX_SETS) {
      throw new IllegalArgumentException(
          sets
              + " sets are not a power of two up to "
              + MAX_SETS
              + "; use "
              + nearestSets(sets)
              + " sets");
    }
    if (ways < 1 || ways > MAX_WAYS) {
      throw new IllegalArgumentException(
          ways + " ways are out of range; use 1 to " + MAX_WAYS + " ways");
    }
    return new AtcGeometry(sets, ways);
  }

  private static String nearestSets(int sets) {
    int below = Math.min(MAX_SETS, Integer.highestOneBit(Math.max(1, sets)));
    return below == MAX_SETS || sets < 1 ? "" + below : below + " or " + below * 2;
  }

  public int entries() {
    return sets * ways;
  }

  @JsonValue
  @Override
  public String toString() {
    return sets + "x" + ways;
  }
}

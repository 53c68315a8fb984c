package org.smmulator.counter;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One number that a machine counts; implemented by enums. The constant's name is the name in every
 * spelling: {@code PASIDS_LIVE} is "PASIDs live" in tables, {@code pasidsLive} in JSON and {@code
 * pasids.live} in meters.
 */
public interface CounterRow {
  /** Whether a number only grows. */
  enum Kind {
    COUNTER,
    GAUGE
  }

  /**
   * What there is to know of a row besides its name.
   *
   * @param unit what is counted, in the plural: packets, bytes, requests
   * @param meaning half a sentence for people
   */
  record Facts(Kind kind, String unit, String meaning) {
    public static Facts counter(String unit, String meaning) {
      return new Facts(Kind.COUNTER, unit, meaning);
    }

    public static Facts gauge(String unit, String meaning) {
      return new Facts(Kind.GAUGE, unit, meaning);
    }
  }

  /** Of the enum constant. */
  String name();

  /** Of the enum constant. */
  int ordinal();

  Facts facts();

  /** Index of the row's count in an array of all. */
  default int slot() {
    return ordinal();
  }

  /** As in tables for people. */
  default String label() {
    return Spelling.words(name());
  }

  /** The spellings of a constant's name. */
  final class Spelling {
    private static final Pattern ACRONYM = Pattern.compile("\\b(atc|ats|cpu|id|pasid)(?=s?\\b)");
    private static final Pattern NEXT_WORD = Pattern.compile("_(.)");

    private Spelling() {}

    /** {@code PASIDS_LIVE} as "PASIDs live". */
    public static String words(String constant) {
      String words = constant.toLowerCase(Locale.ROOT).replace('_', ' ');
      return ACRONYM.matcher(words).replaceAll(found -> found.group().toUpperCase(Locale.ROOT));
    }

    /** {@code PASIDS_LIVE} as {@code pasidsLive}. */
    public static String camelCase(String constant) {
      return NEXT_WORD
          .matcher(constant.toLowerCase(Locale.ROOT))
          .replaceAll(found -> found.group(1).toUpperCase(Locale.ROOT));
    }

    /** {@code PASIDS_LIVE} as {@code pasids.live}. */
    public static String dotted(String constant) {
      return constant.toLowerCase(Locale.ROOT).replace('_', '.');
    }
  }
}

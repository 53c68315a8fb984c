package org.smmulator.device;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Something that can be chosen for each device of a {@link DeviceType}: a key beside {@code model:}
 * in a machine file, and {@code --option NAME=VALUE} of {@code smmulator attach}. What cannot be is
 * refused by the constructors ({@link IllegalArgumentException}).
 */
public sealed interface ModelOption {
  /** A letter in lower case, then letters and digits; at most 40. */
  Pattern NAME = Pattern.compile("[a-z][A-Za-z0-9]{0,39}");

  /** What it is called by. */
  String name();

  /** What it chooses, in one sentence. */
  String help();

  /** The value where nobody gives one: a {@link Long}, {@link Boolean} or {@link String}. */
  Object fallback();

  /**
   * A whole number.
   *
   * @param unit of which it is a number, such as {@code queues}; may be empty
   * @param number the default
   * @param min the least that is right
   * @param max the greatest that is right
   */
  record Whole(String name, String help, String unit, long number, long min, long max)
      implements ModelOption {
    public Whole {
      named(name, help);
      if (number < min || number > max) {
        throw new IllegalArgumentException(
            "option %s: its default %d is not in its range, %d to %d"
                .formatted(name, number, min, max));
      }
      require(unit != null, name, "its unit is null; use \"\" for none");
    }

    @Override
    public Long fallback() {
      return number;
    }
  }

  /**
   * A switch.
   *
   * @param on the default
   */
  record Flag(String name, String help, boolean on) implements ModelOption {
    public Flag {
      named(name, help);
    }

    @Override
    public Boolean fallback() {
      return on;
    }
  }

  /**
   * One of several words.
   *
   * @param word the default
   * @param words all that are right, each of lower-case letters, digits and hyphens
   */
  record Choice(String name, String help, String word, List<String> words) implements ModelOption {
    private static final Pattern WORD = Pattern.compile("[a-z][a-z0-9-]{0,39}");

    public Choice {
      named(name, help);
      words = List.copyOf(words);
      for (String each : words) {
        require(WORD.matcher(each).matches(), name, "'" + each + "' is no word");
      }
      require(words.contains(word), name, "its default '" + word + "' is none of " + words);
    }

    @Override
    public String fallback() {
      return word;
    }
  }

  /**
   * Any text, such as the path of a file.
   *
   * @param text the default
   */
  record Text(String name, String help, String text) implements ModelOption {
    /** The longest, in characters. */
    public static final int MOST_CHARACTERS = 200;

    public Text {
      named(name, help);
      require(isRight(text), name, "its default is no text of at most 200 visible characters");
    }

    @Override
    public String fallback() {
      return text;
    }

    /** Whether it is short enough and on one line. */
    public static boolean isRight(String text) {
      return text.length() <= MOST_CHARACTERS && text.chars().noneMatch(Character::isISOControl);
    }
  }

  private static void named(String name, String help) {
    if (name == null || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "option '" + name + "': a name is a letter in lower case, then letters and digits");
    }
    require(help != null && Text.isRight(help), name, "its help is no sentence");
  }

  private static void require(boolean right, String name, String wrong) {
    if (!right) {
      throw new IllegalArgumentException("option " + name + ": " + wrong);
    }
  }
}

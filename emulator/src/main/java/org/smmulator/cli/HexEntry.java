package org.smmulator.cli;

import java.util.List;
import java.util.stream.Stream;
import org.smmulator.smmu.explain.EntryKind;

/** Reads an entry in the forms in which people have it: words from a log, or a dump of memory. */
final class HexEntry {
  private static final int WORD_DIGITS = 2 * Long.BYTES;
  private static final int HALF_DIGITS = 2 * Integer.BYTES;
  private static final int MOST_SHOWN = 40;

  private HexEntry() {}

  /**
   * The 64-bit words of an entry.
   *
   * @throws IllegalArgumentException if the text is no such entry, with a sentence
   */
  static long[] parse(EntryKind kind, List<String> text) {
    List<String> numbers =
        text.stream()
            .flatMap(each -> Stream.of(each.split("[\\s,]+")))
            .filter(each -> !each.isEmpty())
            .map(HexEntry::digits)
            .toList();
    int words = kind.bytes() / Long.BYTES;
    if (numbers.size() == words && longest(numbers) <= WORD_DIGITS) {
      return numbers.stream().mapToLong(each -> Long.parseUnsignedLong(each, 16)).toArray();
    }
    if (numbers.size() == 2 * words && longest(numbers) <= HALF_DIGITS) {
      return fromHalves(numbers);
    }
    boolean ones = numbers.size() == kind.bytes() && areAll(numbers, 2);
    boolean twos = numbers.size() == kind.bytes() / 2 && areAll(numbers, 4);
    boolean all = numbers.size() == 1 && areAll(numbers, 2 * kind.bytes());
    if (ones || twos || all) {
      return fromBytes(String.join("", numbers));
    }
    throw wrongSize(kind, words, numbers);
  }

  private static String digits(String text) {
    String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
    if (!digits.matches("[0-9a-fA-F]+")) {
      String shown = text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text;
      throw new IllegalArgumentException(
          "'" + shown + "' is not hexadecimal; use digits such as 0x0000040800000003");
    }
    return digits;
  }

  private static int longest(List<String> numbers) {
    return numbers.stream().mapToInt(String::length).max().orElse(0);
  }

  private static boolean areAll(List<String> numbers, int digits) {
    return numbers.stream().allMatch(each -> each.length() == digits);
  }

  private static long[] fromHalves(List<String> halves) {
    long[] words = new long[halves.size() / 2];
    for (int i = 0; i < halves.size(); i++) {
      words[i / 2] |= Long.parseUnsignedLong(halves.get(i), 16) << (i % 2 * Integer.SIZE);
    }
    return words;
  }

  private static long[] fromBytes(String bytes) {
    long[] words = new long[bytes.length() / WORD_DIGITS];
    for (int i = 0; i < bytes.length() / 2; i++) {
      long value = Long.parseLong(bytes.substring(2 * i, 2 * i + 2), 16);
      words[i / Long.BYTES] |= value << (i % Long.BYTES * Byte.SIZE);
    }
    return words;
  }

  private static IllegalArgumentException wrongSize(
      EntryKind kind, int words, List<String> numbers) {
    int digits = numbers.stream().mapToInt(String::length).sum();
    String given = numbers.size() + (numbers.size() == 1 ? " number" : " numbers");
    return new IllegalArgumentException(
        "%s has %d words of 64 bits; %s with %d digits in all is something else; use %d words, %d words of 32 bits, or %d bytes"
            .formatted(kind.words(), words, given, digits, words, 2 * words, kind.bytes()));
  }
}

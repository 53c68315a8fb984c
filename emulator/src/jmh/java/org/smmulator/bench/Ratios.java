package org.smmulator.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * How one side compares with A in the rounds of a row.
 *
 * @param median of the rounds' ratios
 * @param least the smallest ratio of a round
 * @param most the largest
 */
record Ratios(double median, double least, double most) {
  /**
   * Round by round, each against the A of the same round: what changes from round to round on the
   * computer is the same for both.
   */
  static Ratios of(List<Double> side, List<Double> a) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      ratios.add(side.get(i) / a.get(i));
    }
    return new Ratios(median(ratios), Collections.min(ratios), Collections.max(ratios));
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Whether a ratio is more than equal sides differ by chance: these are the ratios of A to A. */
  boolean exceededBy(double ratio) {
    return ratio > Math.max(1, most);
  }

  /** Whether a ratio is less than equal sides differ by chance. */
  boolean undercutBy(double ratio) {
    return ratio < Math.min(1, least);
  }

  String range() {
    return String.format(Locale.ROOT, "%.2f-%.2f", least, most);
  }
}

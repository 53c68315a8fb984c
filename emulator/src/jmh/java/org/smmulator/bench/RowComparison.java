package org.smmulator.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The rounds of one row: A, B, and A once more, which tells what chance makes of equal sides. */
final class RowComparison {
  private static final String FORMAT = "%-62s %9s %9s %6s %11s  %9s %9s %6s %11s  %s";

  private final List<Measured> a = new ArrayList<>();
  private final List<Measured> b = new ArrayList<>();
  private final List<Measured> again = new ArrayList<>();

  /** Two lines above all rows. */
  static String heading() {
    String over =
        String.format(Locale.ROOT, "%-62s %-38s  %-38s%n", "", " wall ns/op", " CPU ns/op");
    return over.stripTrailing()
        + String.format(
            Locale.ROOT, "%n" + FORMAT, "row", "A", "B", "B/A", "A/A", "A", "B", "B/A", "A/A", "");
  }

  void add(Measured ofA, Measured ofB, Measured ofAAgain) {
    a.add(ofA);
    b.add(ofB);
    again.add(ofAAgain);
  }

  private static List<Double> each(List<Measured> runs, ToDoubleFunction<Measured> what) {
    return runs.stream().mapToDouble(what).boxed().toList();
  }

  private Ratios ratios(List<Measured> side, ToDoubleFunction<Measured> what) {
    return Ratios.of(each(side, what), each(a, what));
  }

  /** One line: medians, ratios, and what they mean. */
  String line(BenchmarkRow row) {
    List<Object> cells = new ArrayList<>();
    cells.add(row.name());
    for (ToDoubleFunction<Measured> what : List.of(wall(), cpu())) {
      cells.add(nanos(Ratios.median(each(a, what))));
      cells.add(nanos(Ratios.median(each(b, what))));
      cells.add(String.format(Locale.ROOT, "%.3f", ratios(b, what).median()));
      cells.add(ratios(again, what).range());
    }
    cells.add(judgement());
    return String.format(Locale.ROOT, FORMAT, cells.toArray());
  }

  private static ToDoubleFunction<Measured> wall() {
    return Measured::wall;
  }

  private static ToDoubleFunction<Measured> cpu() {
    return Measured::cpu;
  }

  private static String nanos(double nanos) {
    return String.format(Locale.ROOT, nanos < 1000 ? "%.2f" : "%.0f", nanos);
  }

  /** Same, slower or faster, and by which clock. */
  String judgement() {
    List<String> slower = new ArrayList<>();
    List<String> faster = new ArrayList<>();
    judge("wall", wall(), slower, faster);
    judge("CPU", cpu(), slower, faster);
    List<String> words = new ArrayList<>();
    if (!slower.isEmpty()) {
      words.add("slower: " + String.join(", ", slower));
    }
    if (!faster.isEmpty()) {
      words.add("faster: " + String.join(", ", faster));
    }
    return words.isEmpty() ? "same" : String.join("; ", words);
  }

  private void judge(
      String name, ToDoubleFunction<Measured> what, List<String> slower, List<String> faster) {
    double ratio = ratios(b, what).median();
    Ratios chance = ratios(again, what);
    if (chance.exceededBy(ratio)) {
      slower.add(name);
    } else if (chance.undercutBy(ratio)) {
      faster.add(name);
    }
  }

  /** Whether B takes more than the limit allows, by a clock on which that is no chance. */
  boolean isBeyond(double limit) {
    for (ToDoubleFunction<Measured> what : List.of(wall(), cpu())) {
      double ratio = ratios(b, what).median();
      if (ratio > limit && ratios(again, what).exceededBy(ratio)) {
        return true;
      }
    }
    return false;
  }
}

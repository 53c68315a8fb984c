package org.smmulator.execution;

import java.util.ArrayList;
import java.util.List;

/**
 * An order as a value: where it differs from the default one (see {@link SchedulingPoint}). Written
 * {@code 12+1,40+2}: at the 12th point with a choice, counted from 0, one delay, and two at the
 * 40th; {@code 0+0} is the default order.
 *
 * @param deviations in the order of their points, which differ
 */
public record Schedule(List<Deviation> deviations) {
  /**
   * One choice that is not the default one.
   *
   * @param point how many points with a choice come before it
   * @param delays how many tasks that would have been next are passed over
   */
  public record Deviation(int point, int delays) {
    public Deviation {
      if (point < 0 || delays < 1) {
        throw new IllegalArgumentException(
            "%d+%d is no deviation; a point is at least 0, its delays at least 1"
                .formatted(point, delays));
      }
    }

    @Override
    public String toString() {
      return point + "+" + delays;
    }
  }

  /** Without any deviation. */
  public static final Schedule DEFAULT = new Schedule(List.of());

  private static final String DEFAULT_TEXT = "0+0";

  public Schedule {
    deviations = List.copyOf(deviations);
    for (int i = 1; i < deviations.size(); i++) {
      if (deviations.get(i - 1).point >= deviations.get(i).point) {
        throw new IllegalArgumentException(
            "%s comes before %s; the points of a schedule rise"
                .formatted(deviations.get(i - 1), deviations.get(i)));
      }
    }
  }

  /** Reads what {@link #toString} wrote. */
  public static Schedule parse(String text) {
    if (text.equals(DEFAULT_TEXT)) {
      return DEFAULT;
    }
    List<Deviation> deviations = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      deviations.add(parseDeviation(part.trim(), text));
    }
    return new Schedule(deviations);
  }

  private static Deviation parseDeviation(String part, String text) {
    int plus = part.indexOf('+');
    try {
      return new Deviation(
          Integer.parseInt(part.substring(0, Math.max(plus, 0))),
          Integer.parseInt(part.substring(plus + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'%s' in '%s' is no deviation; write point+delays, as in 12+1,40+2".formatted(part, text),
          e);
    }
  }

  /** With one deviation more, at a later point. */
  public Schedule and(Deviation later) {
    List<Deviation> longer = new ArrayList<>(deviations);
    longer.add(later);
    return new Schedule(longer);
  }

  /** How far it is from the default order. */
  public int delays() {
    return deviations.stream().mapToInt(Deviation::delays).sum();
  }

  @Override
  public String toString() {
    if (deviations.isEmpty()) {
      return DEFAULT_TEXT;
    }
    return String.join(",", deviations.stream().map(Deviation::toString).toList());
  }
}

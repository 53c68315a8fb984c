package org.smmulator.device.atc;

import java.util.function.IntUnaryOperator;

/**
 * The times of the holes of a {@link PageStack}, the latest one at hand: a heap. Nothing allocates
 * after construction.
 */
final class Holes {
  /** Before all times. */
  private static final int NONE = -1;

  private final int[] times;
  private int count;

  Holes(int capacity) {
    times = new int[capacity];
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** The time of the latest hole; before all times if there is none. */
  int latest() {
    return count == 0 ? NONE : times[0];
  }

  void add(int time) {
    int at = count++;
    while (at > 0 && times[(at - 1) / 2] < time) {
      times[at] = times[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    times[at] = time;
  }

  void removeLatest() {
    replaceLatest(times[--count]);
  }

  /** In place of the latest hole there is one at an earlier time. */
  void replaceLatest(int time) {
    int at = 0;
    int child = 1;
    while (child < count) {
      if (child + 1 < count && times[child + 1] > times[child]) {
        child++;
      }
      if (times[child] <= time) {
        break;
      }
      times[at] = times[child];
      at = child;
      child = 2 * at + 1;
    }
    times[at] = time;
  }

  /**
   * Gives each hole another time.
   *
   * @param renumbered the times of now, which keeps their order
   */
  void numberAnew(IntUnaryOperator renumbered) {
    for (int i = 0; i < count; i++) {
      times[i] = renumbered.applyAsInt(times[i]);
    }
  }

  void clear() {
    count = 0;
  }
}

package org.smmulator.smmu.oracle;

import java.util.List;
import java.util.Random;

/** Choices of one random machine. */
final class Chance {
  private final Random random;

  Chance(long seed) {
    random = new Random(seed);
  }

  Random random() {
    return random;
  }

  /** True in {@code percent} of a hundred cases. */
  boolean percent(int percent) {
    return random.nextInt(100) < percent;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** From {@code low} to {@code high}, both included. */
  int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  /** A number of {@code bits} random bits. */
  long bits(int bits) {
    return random.nextLong() & Bits.ones(bits);
  }

  int oneOf(int... values) {
    return values[random.nextInt(values.length)];
  }

  <T> T oneOf(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }
}

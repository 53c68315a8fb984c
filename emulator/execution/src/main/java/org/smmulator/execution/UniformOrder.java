package org.smmulator.execution;

import java.util.SplittableRandom;

/** At each point every task that may run is as likely as any other, as drawn from a seed. */
public final class UniformOrder implements Order {
  private final long seed;
  private final SplittableRandom random;
  // Of 8 yield points, how many leave the running task alone: some seeds switch always, others
  // rarely, since different bugs need different gaps.
  private final int stayOfEight;

  public UniformOrder(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.stayOfEight = new int[] {0, 4, 7}[random.nextInt(3)];
  }

  @Override
  public int next(SchedulingPoint point) {
    if (point.isYield() && random.nextInt(8) < stayOfEight) {
      return GO_ON;
    }
    return random.nextInt(point.size());
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public String toString() {
    return "seed %d (-Dsmmulator.seed=%d)".formatted(seed, seed);
  }
}

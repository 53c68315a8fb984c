package org.smmulator.execution.explore;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.smmulator.execution.Order;
import org.smmulator.execution.SchedulingPoint;

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010). Each task has a priority,
 * drawn when it is first seen, and the highest one that may run always runs. At {@code d - 1}
 * points, drawn from the length of the run, the running task falls below all that never fell.
 *
 * <p>A run of {@code n} tasks and {@code k} points finds a bug of depth {@code d} (so many
 * orderings between two points each are enough for it) with a probability of at least {@code 1 / (n
 * * k^(d - 1))}, whatever the rest of the program does. Unlike uniform choice it lets a short task
 * overtake a long one as a whole.
 *
 * <p>A task that passes {@link #PATIENCE} yield points in a row, while nothing else happens, waits
 * for somebody: it falls below everybody, or those whom it waits for would never run.
 */
public final class PriorityOrder implements Order {
  /** Long for work, short for waiting. */
  private static final int PATIENCE = 200;

  private final long seed;
  private final int depth;
  private final long length;
  private final SplittableRandom random;
  private final Map<Integer, Long> priorities = new HashMap<>();
  private final Set<Long> drawn = new HashSet<>();

  /** Points at which the running task falls, and how deep: negative, no two the same. */
  private final Map<Long, Long> falls = new HashMap<>();

  private long points;
  private long bottom;

  /**
   * An order.
   *
   * @param depth d, at least 1
   * @param length how many points the race of the story has, about
   */
  public PriorityOrder(long seed, int depth, long length) {
    if (depth < 1 || length < 1) {
      throw new IllegalArgumentException(
          "depth %d of %d points; both are at least 1".formatted(depth, length));
    }
    this.seed = seed;
    this.depth = depth;
    this.length = length;
    this.random = new SplittableRandom(seed);
    int changes = (int) Math.min(depth - 1, length);
    for (long fall = -1; falls.size() < changes; ) {
      if (falls.putIfAbsent(random.nextLong(length), fall) == null) {
        fall--;
      }
    }
    bottom = -changes;
  }

  @Override
  public int next(SchedulingPoint point) {
    Long fall = falls.get(points++);
    if (fall != null) {
      priorities.put(point.running(), fall);
    } else if (point.yieldsInARow() > 0 && point.yieldsInARow() % PATIENCE == 0) {
      priorities.put(point.running(), --bottom);
    }
    int highest = 0;
    for (int place = 1; place < point.size(); place++) {
      if (priority(point.task(place)) > priority(point.task(highest))) {
        highest = place;
      }
    }
    return highest;
  }

  private long priority(int task) {
    Long known = priorities.get(task);
    if (known != null) {
      return known;
    }
    long fresh = random.nextLong(Long.MAX_VALUE);
    while (!drawn.add(fresh)) {
      fresh = random.nextLong(Long.MAX_VALUE);
    }
    priorities.put(task, fresh);
    return fresh;
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public String toString() {
    return "priorities of seed %d, depth %d of %d points (-Dsmmulator.seed=%d)"
        .formatted(seed, depth, length, seed);
  }
}

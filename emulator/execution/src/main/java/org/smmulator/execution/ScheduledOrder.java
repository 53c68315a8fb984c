package org.smmulator.execution;

import java.util.List;
import org.smmulator.execution.Schedule.Deviation;

/** The order that a schedule says. */
public final class ScheduledOrder implements Order {
  private final Schedule schedule;
  private final long seed;
  private final List<Deviation> deviations;
  private int done;

  public ScheduledOrder(Schedule schedule) {
    this(schedule, 0);
  }

  /**
   * As above, for a program that draws choices of its own from a seed.
   *
   * @param seed of the order in which the schedule was found
   */
  public ScheduledOrder(Schedule schedule, long seed) {
    this.schedule = schedule;
    this.seed = seed;
    this.deviations = schedule.deviations();
  }

  @Override
  public int next(SchedulingPoint point) {
    if (point.size() > 1
        && done < deviations.size()
        && deviations.get(done).point() == point.decision()) {
      return point.afterDelays(deviations.get(done++).delays());
    }
    return point.afterDelays(0);
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public String toString() {
    return "schedule %s (-Dsmmulator.schedule=%s)".formatted(schedule, schedule);
  }
}

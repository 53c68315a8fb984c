package org.smmulator.execution;

import java.util.List;
import org.smmulator.execution.Schedule.Deviation;

/** The order that a schedule says. */
public final class ScheduledOrder implements Order {
  private final Schedule schedule;
  private final List<Deviation> deviations;
  private int done;

  public ScheduledOrder(Schedule schedule) {
    this.schedule = schedule;
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
  public String toString() {
    return "schedule %s (-Dsmmulator.schedule=%s)".formatted(schedule, schedule);
  }
}

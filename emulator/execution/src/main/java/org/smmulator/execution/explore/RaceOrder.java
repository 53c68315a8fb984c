package org.smmulator.execution.explore;

import org.smmulator.execution.Order;
import org.smmulator.execution.SchedulingPoint;

/** Leaves what comes before and after the race of a story in the default order. */
final class RaceOrder implements Order {
  private final Order ofRace;
  private boolean racing;

  RaceOrder(Order ofRace) {
    this.ofRace = ofRace;
  }

  @Override
  public int next(SchedulingPoint point) {
    return racing ? ofRace.next(point) : point.afterDelays(0);
  }

  @Override
  public void raceBegins() {
    racing = true;
  }

  @Override
  public void raceEnds() {
    racing = false;
  }

  @Override
  public long seed() {
    return ofRace.seed();
  }

  @Override
  public String toString() {
    return ofRace.toString();
  }
}

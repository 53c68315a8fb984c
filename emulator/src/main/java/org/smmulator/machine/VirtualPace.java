package org.smmulator.machine;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Visitors;
import org.smmulator.history.Pace;

/** The pace of a simulated run: it stands where its visitors let it. */
final class VirtualPace implements Pace {
  private final Visitors visitors;
  private final Supplier<@Nullable Machine> machine;

  /**
   * @param machine null before it has started
   */
  VirtualPace(Visitors visitors, Supplier<@Nullable Machine> machine) {
    this.visitors = visitors;
    this.machine = machine;
  }

  @Override
  public State state() {
    if (visitors.isOver()) {
      return State.OVER;
    }
    return visitors.standsAtLimit() ? State.PAUSED : State.RUNNING;
  }

  @Override
  public void pause() {
    visitors.runUntil(0);
  }

  @Override
  public void run() {
    visitors.run();
  }

  @Override
  public void stepToNext() {
    visitors.runToNext();
  }

  @Override
  public void stepFor(long nanos) {
    visitors.runFor(nanos);
  }

  @Override
  public void stepToNextStep() {
    int begun = stepsBegun();
    visitors.runUntil(() -> stepsBegun() != begun);
  }

  private int stepsBegun() {
    Machine made = machine.get();
    return made == null ? 0 : made.stepsBegun();
  }

  @Override
  public void awaitMoment(long nanos) {
    visitors.awaitMoment(nanos);
  }
}

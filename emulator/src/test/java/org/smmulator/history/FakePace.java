package org.smmulator.history;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes what it is told. */
public final class FakePace implements Pace {
  public final List<String> told = new CopyOnWriteArrayList<>();
  public volatile State state = State.OVER;

  @Override
  public State state() {
    return state;
  }

  @Override
  public void pause() {
    told.add("pause");
  }

  @Override
  public void run() {
    told.add("run");
  }

  @Override
  public void stepToNext() {
    told.add("next");
  }

  @Override
  public void stepFor(long nanos) {
    told.add("for " + nanos);
  }

  @Override
  public void stepToNextStep() {
    told.add("step");
  }

  @Override
  public void awaitMoment(long nanos) {}
}

package org.smmulator.cli;

import java.util.ArrayList;
import java.util.List;

/** Time that passes only while somebody waits for it. */
final class HandTicks implements Ticks {
  final List<Long> pauses = new ArrayList<>();
  private long now = 17;

  @Override
  public long nanos() {
    return now;
  }

  @Override
  public void pause(long nanos) {
    pauses.add(nanos);
    now += nanos;
  }
}

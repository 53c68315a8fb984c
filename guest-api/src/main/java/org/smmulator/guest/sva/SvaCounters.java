package org.smmulator.guest.sva;

import java.util.concurrent.atomic.LongAdder;

/** What the layer counts while it works; {@link SvaStatistics} says what each means. */
final class SvaCounters {
  final LongAdder binds = new LongAdder();
  final LongAdder unbinds = new LongAdder();
  final LongAdder mmExits = new LongAdder();
  final LongAdder driverFailures = new LongAdder();
  final LongAdder mmExitFailures = new LongAdder();
  final LongAdder possibleLeaks = new LongAdder();
  final LongAdder releases = new LongAdder();
  final LongAdder invalidateRange = new LongAdder();
  final LongAdder clearFlushYoung = new LongAdder();
  final LongAdder changePte = new LongAdder();
  final LongAdder faultsHandled = new LongAdder();
  final LongAdder faultsRefused = new LongAdder();
  final LongAdder groupsAnswered = new LongAdder();
  final LongAdder ioMmsMade = new LongAdder();
  final LongAdder ioMmsFreed = new LongAdder();

  SvaStatistics snapshot(int bonds, int pasidsLive, int pasidsQuarantined) {
    return new SvaStatistics(
        binds.sum(),
        unbinds.sum(),
        mmExits.sum(),
        mmExitFailures.sum(),
        driverFailures.sum(),
        possibleLeaks.sum(),
        releases.sum(),
        invalidateRange.sum(),
        clearFlushYoung.sum(),
        changePte.sum(),
        faultsHandled.sum(),
        faultsRefused.sum(),
        groupsAnswered.sum(),
        ioMmsMade.sum() - ioMmsFreed.sum(),
        bonds,
        pasidsLive,
        pasidsQuarantined);
  }
}

package org.smmulator.guest.mm;

import java.util.concurrent.atomic.LongAdder;

/** What happened in all address spaces of one kernel; callbacks are counted per notifier called. */
final class MmCounters {
  final LongAdder created = new LongAdder();
  final LongAdder structuresFreed = new LongAdder();
  final LongAdder release = new LongAdder();
  final LongAdder invalidateRange = new LongAdder();
  final LongAdder clearFlushYoung = new LongAdder();
  final LongAdder changePte = new LongAdder();
  final LongAdder cpuFaults = new LongAdder();
  final LongAdder remoteFaults = new LongAdder();
  final LongAdder copyOnWriteBreaks = new LongAdder();

  MmStatistics snapshot() {
    return new MmStatistics(
        release.sum(),
        invalidateRange.sum(),
        clearFlushYoung.sum(),
        changePte.sum(),
        cpuFaults.sum(),
        remoteFaults.sum(),
        copyOnWriteBreaks.sum(),
        created.sum() - structuresFreed.sum());
  }
}

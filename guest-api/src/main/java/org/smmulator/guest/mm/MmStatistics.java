package org.smmulator.guest.mm;

/**
 * What happened in all address spaces of one kernel so far.
 *
 * @param release notifier callbacks of this kind, as the next three
 * @param cpuFaults page faults of the guest's CPUs
 * @param remoteFaults page faults handled for devices
 * @param copyOnWriteBreaks pages copied because one of several sharers wrote
 * @param liveAddressSpaces address spaces whose structure is not freed yet
 */
public record MmStatistics(
    long release,
    long invalidateRange,
    long clearFlushYoung,
    long changePte,
    long cpuFaults,
    long remoteFaults,
    long copyOnWriteBreaks,
    long liveAddressSpaces) {}

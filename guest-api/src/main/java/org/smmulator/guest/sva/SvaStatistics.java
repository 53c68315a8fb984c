package org.smmulator.guest.sva;

/**
 * What happened so far, and what there is now.
 *
 * @param binds successful binds, repeated ones included
 * @param unbinds binds taken back by device drivers, not by the death of a process
 * @param mmExits calls of device drivers because a process died
 * @param mmExitFailures of those, how many ended with an error or not in time
 * @param driverFailures operations of the IOMMU's driver that threw what no operation may throw
 * @param possibleLeaks PASIDs put into quarantine, each with one warning
 * @param releases notifier callbacks of this kind, as the next three
 * @param faultsHandled page requests answered with success
 * @param faultsRefused page requests answered otherwise
 * @param groupsAnswered page request groups answered
 * @param ioMms address spaces shared now, those that wait for their grace period included
 * @param bonds uses of an address space by a device now
 * @param pasidsLive PASIDs in use
 * @param pasidsQuarantined PASIDs that wait for a device to be reset or detached
 */
public record SvaStatistics(
    long binds,
    long unbinds,
    long mmExits,
    long mmExitFailures,
    long driverFailures,
    long possibleLeaks,
    long releases,
    long invalidateRange,
    long clearFlushYoung,
    long changePte,
    long faultsHandled,
    long faultsRefused,
    long groupsAnswered,
    long ioMms,
    int bonds,
    int pasidsLive,
    int pasidsQuarantined) {}

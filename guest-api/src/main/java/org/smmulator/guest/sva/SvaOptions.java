package org.smmulator.guest.sva;

/**
 * What a device driver wants of shared virtual addressing.
 *
 * @param iopf whether page requests of the device are served; without them memory must be resident
 * @param minPasid lowest PASID the device can use; 0 is raised to 1, since PASID 0 is not for
 *     sharing
 * @param maxPasid highest PASID the device can use, inclusive; 0 for as many as possible
 */
public record SvaOptions(boolean iopf, int minPasid, int maxPasid) {}

package org.smmulator.pcie;

import java.util.List;

/**
 * A snapshot of what the root complex has counted.
 *
 * @param packetsJudged packets that devices sent
 * @param protocolViolations rules broken by devices and peers
 * @param linksAccepted connections
 * @param linksRefused peers that did not become devices: no hello, no slot, or the wanted one is
 *     taken
 * @param linksLost attached devices whose link ended without a word
 * @param detaches attached devices that said good-bye
 * @param invalidationsWithoutDevice invalidations for a stream without a device, complete at once
 * @param devices attached ones in order of their IDs, then those gone, the latest last
 */
public record RootComplexCounters(
    long packetsJudged,
    long protocolViolations,
    long linksAccepted,
    long linksRefused,
    long linksLost,
    long detaches,
    long invalidationsWithoutDevice,
    List<DeviceCounters> devices) {}

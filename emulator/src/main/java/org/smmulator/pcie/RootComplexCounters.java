package org.smmulator.pcie;

import java.util.List;
import org.smmulator.counter.Counts;

/**
 * A snapshot of what the root complex has counted.
 *
 * @param rulesBroken by devices, each time
 * @param packetsJudged packets that devices sent
 * @param protocolViolations rules broken by devices and peers
 * @param devices attached ones in order of their IDs, then those gone, the latest last
 */
public record RootComplexCounters(
    Counts<LinkCounter> links,
    Counts<ProtocolRule> rulesBroken,
    List<DeviceCounters> devices,
    long packetsJudged,
    long protocolViolations) {}

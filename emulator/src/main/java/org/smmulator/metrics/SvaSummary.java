package org.smmulator.metrics;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The guest kernel's shared virtual addressing.
 *
 * @param notifierCalls calls of MMU notifiers by kind: release, invalidateRange, ...
 * @param pasidsLive PASIDs bound now
 * @param pasidsQuarantined PASIDs that wait for a device to be reset or detached
 * @param pageFaultsHandled page requests answered with success
 * @param pageFaultsRefused page requests answered otherwise
 */
public record SvaSummary(
    long binds,
    long unbinds,
    Map<String, Long> notifierCalls,
    long mmExits,
    long pasidsLive,
    long pasidsQuarantined,
    long pageFaultsHandled,
    long pageFaultsRefused) {
  public static final SvaSummary EMPTY = new SvaSummary(0, 0, Map.of(), 0, 0, 0, 0, 0);

  public SvaSummary {
    notifierCalls = Collections.unmodifiableMap(new TreeMap<>(notifierCalls));
  }
}

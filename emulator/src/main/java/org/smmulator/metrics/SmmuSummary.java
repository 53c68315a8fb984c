package org.smmulator.metrics;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The SMMU.
 *
 * @param commands consumed commands by the name of their opcode
 * @param events recorded events by the name of their type
 */
public record SmmuSummary(
    long tlbLookups,
    long tlbHits,
    long walks,
    long descriptorReads,
    long configurationLookups,
    long configurationHits,
    Map<String, Long> commands,
    Map<String, Long> events,
    long eventsLost,
    long pageRequests,
    long automaticResponses) {
  public static final SmmuSummary EMPTY =
      new SmmuSummary(0, 0, 0, 0, 0, 0, Map.of(), Map.of(), 0, 0, 0);

  public SmmuSummary {
    commands = Collections.unmodifiableMap(new TreeMap<>(commands));
    events = Collections.unmodifiableMap(new TreeMap<>(events));
  }
}

package org.smmulator.metrics;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The SMMU.
 *
 * @param commands consumed commands by the name of their opcode
 * @param events recorded events by the name of their type
 * @param stalls transactions that were stalled, each once
 * @param stalledNow transactions that are stalled
 */
public record SmmuSummary(
    CacheSummary tlb,
    CacheSummary walkCache,
    CacheSummary configurationCache,
    long walks,
    long descriptorReads,
    Map<String, Long> commands,
    Map<String, Long> events,
    long eventsLost,
    long pageRequests,
    long automaticResponses,
    long stalls,
    long stalledNow) {
  public static final SmmuSummary EMPTY =
      new SmmuSummary(
          CacheSummary.EMPTY,
          CacheSummary.EMPTY,
          CacheSummary.EMPTY,
          0,
          0,
          Map.of(),
          Map.of(),
          0,
          0,
          0,
          0,
          0);

  public SmmuSummary {
    commands = Collections.unmodifiableMap(new TreeMap<>(commands));
    events = Collections.unmodifiableMap(new TreeMap<>(events));
  }
}

package org.smmulator.smmu.port;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventType;
import org.smmulator.counter.Counts;

/**
 * A snapshot of what the SMMU has counted since it was built.
 *
 * @param caches of each cache
 * @param commands commands consumed, by opcode; opcodes never seen are absent
 * @param events faults and errors of which a record was given to the event queue, by type, whether
 *     or not there was room
 */
public record SmmuCounters(
    Map<SmmuCache, Counts<CacheCounter>> caches,
    Counts<SmmuCounter> counts,
    Map<CommandOpcode, Long> commands,
    Map<EventType, Long> events) {
  /** Of an SMMU that has not begun. */
  public static final SmmuCounters ZERO =
      new SmmuCounters(
          ofCaches(cache -> Counts.zero(CacheCounter.class)),
          Counts.zero(SmmuCounter.class),
          Map.of(),
          Map.of());

  /** Asks for the counts of each cache. */
  public static Map<SmmuCache, Counts<CacheCounter>> ofCaches(
      Function<SmmuCache, Counts<CacheCounter>> counts) {
    return Stream.of(SmmuCache.values())
        .collect(
            Collectors.toMap(
                Function.identity(), counts, (a, b) -> a, () -> new EnumMap<>(SmmuCache.class)));
  }

  public long of(SmmuCounter row) {
    return counts.of(row);
  }

  public Counts<CacheCounter> cache(SmmuCache cache) {
    return requireNonNull(caches.get(cache));
  }
}

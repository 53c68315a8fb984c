package org.smmulator.pcie;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.counter.Counts;

/**
 * What is known of one device, attached or gone: a snapshot of the counts on both ends.
 *
 * @param id bus, device and function as {@code 00:04.0}
 * @param isolated since when and why it is cut off after an invalidation that timed out, until it
 *     is reset or attached anew: {@code isolated since 12.345 ms: ...}; null if it is not
 * @param counted what the root complex counted
 * @param reported what the device last reported of itself
 * @param workingSet what it last reported of its working set; empty if it does not
 * @param pasids what the root complex counted by PASID
 * @param latencies round trips; absent if there was none of the kind, or none was reported
 */
public record DeviceCounters(
    String id,
    String name,
    String model,
    boolean attached,
    @Nullable String isolated,
    Counts<FunctionCounter> counted,
    Counts<DeviceCounter> reported,
    List<WorkingSetCurve> workingSet,
    List<PasidCounts> pasids,
    Map<LatencyHistogram, RoundTrips> latencies) {
  public DeviceCounters {
    workingSet = List.copyOf(workingSet);
    pasids = List.copyOf(pasids);
    Map<LatencyHistogram, RoundTrips> known = new EnumMap<>(LatencyHistogram.class);
    known.putAll(latencies);
    latencies = Collections.unmodifiableMap(known);
  }

  static DeviceCounters of(AttachedFunction function, boolean attached) {
    long @Nullable [] reported = function.reported();
    Isolation isolation = function.isolation();
    return new DeviceCounters(
        function.id(),
        function.name(),
        function.model(),
        attached,
        isolation == null ? null : isolation.words(),
        function.counts(attached),
        reported == null
            ? Counts.unknown(DeviceCounter.class)
            : Counts.of(DeviceCounter.class, row -> reported[row.statsSlot()]),
        reported == null ? List.of() : WorkingSetCurve.in(reported),
        function.pasids.counts(function.speaks(DroppedEntries.SINCE_MINOR)),
        latencies(function.invalidations.roundTrips(), reported));
  }

  /** Invalidations as the root complex sees them, there and back; the others as reported. */
  private static Map<LatencyHistogram, RoundTrips> latencies(
      @Nullable RoundTrips invalidations, long @Nullable [] reported) {
    Map<LatencyHistogram, RoundTrips> latencies = new EnumMap<>(LatencyHistogram.class);
    for (LatencyHistogram kind : LatencyHistogram.values()) {
      RoundTrips measured =
          kind == LatencyHistogram.INVALIDATION
              ? invalidations
              : reported == null
                  ? null
                  : RoundTrips.of(reported, kind.firstSlot(), reported[kind.sumSlot()]);
      if (measured != null) {
        latencies.put(kind, measured);
      }
    }
    return latencies;
  }

  /** Whether it acknowledges invalidations, as far as is known. */
  public boolean answering() {
    return isolated == null;
  }

  /** The same with what the device says of itself now, and had no occasion to report. */
  public DeviceCounters with(long[] slots) {
    return new DeviceCounters(
        id,
        name,
        model,
        attached,
        isolated,
        counted,
        Counts.of(DeviceCounter.class, row -> slots[row.statsSlot()]),
        WorkingSetCurve.in(slots),
        pasids,
        latencies(latency(LatencyHistogram.INVALIDATION), slots));
  }

  public long count(FunctionCounter row) {
    return counted.of(row);
  }

  /** What the device last reported of itself, or {@link Counts#UNKNOWN}. */
  public long reported(DeviceCounter row) {
    return reported.of(row);
  }

  /** Round trips of a kind, or null. */
  public @Nullable RoundTrips latency(LatencyHistogram kind) {
    return latencies.get(kind);
  }
}

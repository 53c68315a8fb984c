package org.smmulator.device;

import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyBuckets;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.device.atc.AddressTranslationCache;
import org.smmulator.device.atc.WorkingSet;

/** What one function counts about itself, since it was attached. Only the link's thread counts. */
final class DeviceStatistics {
  /** Latencies of one kind, as the device sees them. */
  static final class Latencies {
    private final long[] buckets = new long[LatencyBuckets.COUNT];
    private long sumNanos;

    void record(long nanos) {
      sumNanos += Math.max(nanos, 0);
      buckets[LatencyBuckets.index(nanos)]++;
    }
  }

  long invalidationRequests;
  long pageRequests;
  long translationRequests;
  long translationRetries;
  long translatedAccesses;
  long untranslatedAccesses;
  long bytesRead;
  long bytesWritten;
  final Latencies translationRoundTrip = new Latencies();
  final Latencies pageRequestRoundTrip = new Latencies();
  final Latencies invalidationHandling = new Latencies();

  final WorkingSet workingSet;

  DeviceStatistics(WorkingSet workingSet) {
    this.workingSet = workingSet;
  }

  /** All of it, and the counters of the ATC, in the slots of a STATS frame. */
  long[] slots(AddressTranslationCache atc) {
    long[] slots = new long[DeviceCounter.SLOTS];
    for (DeviceCounter counter : DeviceCounter.values()) {
      slots[counter.statsSlot()] = value(counter, atc);
    }
    for (LatencyHistogram histogram : LatencyHistogram.values()) {
      long[] buckets = latencies(histogram).buckets;
      System.arraycopy(buckets, 0, slots, histogram.firstSlot(), buckets.length);
      slots[histogram.sumSlot()] = latencies(histogram).sumNanos;
    }
    workingSet.tell(slots);
    return slots;
  }

  private long value(DeviceCounter counter, AddressTranslationCache atc) {
    return switch (counter) {
      case ATC_LOOKUPS -> atc.lookups();
      case ATC_HITS -> atc.hits();
      case ATC_MISSES -> atc.misses();
      case ATC_FILLS -> atc.fills();
      case ATC_EVICTIONS -> atc.evictions();
      case INVALIDATION_REQUESTS -> invalidationRequests;
      case ENTRIES_DROPPED -> atc.entriesDropped();
      case PAGE_REQUESTS -> pageRequests;
      case TRANSLATION_REQUESTS -> translationRequests;
      case TRANSLATION_RETRIES -> translationRetries;
      case TRANSLATED_ACCESSES -> translatedAccesses;
      case UNTRANSLATED_ACCESSES -> untranslatedAccesses;
      case BYTES_READ -> bytesRead;
      case BYTES_WRITTEN -> bytesWritten;
      case ATC_ENTRIES_HELD -> atc.entriesHeld();
      case ATC_CAPACITY -> (long) atc.sets() * atc.ways();
    };
  }

  private Latencies latencies(LatencyHistogram histogram) {
    return switch (histogram) {
      case TRANSLATION_REQUEST -> translationRoundTrip;
      case INVALIDATION -> invalidationHandling;
      case PAGE_REQUEST -> pageRequestRoundTrip;
    };
  }
}

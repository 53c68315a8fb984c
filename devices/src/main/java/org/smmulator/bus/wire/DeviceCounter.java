package org.smmulator.bus.wire;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.Counts;

/**
 * What a device counts about itself, cumulative since it started, in the order of the STATS frame:
 * these counters, then the buckets of the {@link LatencyHistogram}s, from version 2 on the {@link
 * WorkingSetCurve}s, from version 3 on the sums of the histograms, and from version 4 on how full
 * the ATC is. Later versions append. Body: version u16, count u16, then a u64 each.
 */
public enum DeviceCounter implements CounterRow {
  ATC_LOOKUPS(0, counter("lookups", "ATC lookups")),
  ATC_HITS(1, counter("lookups", "ATC lookups that hit")),
  ATC_MISSES(2, counter("lookups", "ATC lookups that missed")),
  ATC_FILLS(3, counter("entries", "ATC entries filled")),
  ATC_EVICTIONS(4, counter("entries", "ATC entries that made room for another")),
  INVALIDATION_REQUESTS(5, counter("requests", "Invalidate Requests received")),
  ENTRIES_DROPPED(6, counter("entries", "ATC entries dropped by invalidation")),
  PAGE_REQUESTS(7, counter("requests", "Page requests sent")),
  TRANSLATION_REQUESTS(8, counter("requests", "Translation Requests sent")),
  TRANSLATION_RETRIES(
      9,
      counter(
          "requests",
          "Translation Requests repeated, after a page response or an invalidation on the way")),
  TRANSLATED_ACCESSES(10, counter("packets", "Memory requests sent with AT=translated")),
  UNTRANSLATED_ACCESSES(11, counter("packets", "Memory requests sent with AT=untranslated")),
  BYTES_READ(12, counter("bytes", "Bytes the device read from memory")),
  BYTES_WRITTEN(13, counter("bytes", "Bytes the device wrote to memory")),
  ATC_ENTRIES_HELD(
      DeviceCounter.FIRST_OF_GAUGES, gauge("entries", "ATC entries that hold a translation")),
  ATC_CAPACITY(DeviceCounter.FIRST_OF_GAUGES + 1, gauge("entries", "Entries that the ATC has"));

  static final int COUNT = 14;

  /** First slot of the working-set curves. */
  static final int FIRST_OF_CURVES = COUNT + 3 * LatencyBuckets.COUNT;

  /** First slot of the sums of the histograms. */
  static final int FIRST_OF_SUMS = FIRST_OF_CURVES + WorkingSetCurve.SLOTS;

  /** First slot of what is no count but a level. */
  static final int FIRST_OF_GAUGES = FIRST_OF_SUMS + 3;

  /** Length of the array that counts everything of one device. */
  public static final int SLOTS = FIRST_OF_GAUGES + 2;

  /** A received slot that the device did not report. */
  public static final long UNKNOWN = Counts.UNKNOWN;

  private static final int VERSION = 4;
  private static final int FIRST_VERSION = 1;

  private final int statsSlot;

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  DeviceCounter(int statsSlot, Facts facts) {
    this.statsSlot = statsSlot;
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }

  /** Whether it is a number of the ATC. */
  public boolean isOfAtc() {
    return statsSlot <= ENTRIES_DROPPED.statsSlot || statsSlot >= FIRST_OF_GAUGES;
  }

  /** Slot of this counter in an array of {@link #SLOTS}. */
  public int statsSlot() {
    return statsSlot;
  }

  static void encode(ByteBuf out, long[] slots) {
    out.writeShort(VERSION).writeShort(slots.length);
    for (long value : slots) {
      out.writeLong(value);
    }
  }

  /** The counters of a STATS body in a new array; what is not there is {@link #UNKNOWN}. */
  static long[] decode(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < 4 || in.readUnsignedShort() < FIRST_VERSION) {
      throw new ProtocolException("statistics without a version");
    }
    int count = in.readUnsignedShort();
    if (in.readableBytes() != count * Long.BYTES) {
      throw new ProtocolException("statistics shorter or longer than their count");
    }
    long[] slots = new long[SLOTS];
    Arrays.fill(slots, UNKNOWN);
    for (int i = 0; i < Math.min(count, SLOTS); i++) {
      slots[i] = Math.max(in.readLong(), UNKNOWN);
    }
    return slots;
  }
}

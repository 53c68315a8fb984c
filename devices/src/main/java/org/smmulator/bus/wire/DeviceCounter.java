package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * What a device counts about itself, cumulative since it started, in the order of the STATS frame:
 * these counters, then the buckets of the {@link LatencyHistogram}s. Later versions append. Body:
 * version u16, count u16, then a u64 each.
 */
public enum DeviceCounter {
  ATC_LOOKUPS(0),
  ATC_HITS(1),
  ATC_MISSES(2),
  ATC_FILLS(3),
  /** Entries that made room for another. */
  ATC_EVICTIONS(4),
  INVALIDATION_REQUESTS(5),
  /** ATC entries dropped by invalidation. */
  ENTRIES_DROPPED(6),
  PAGE_REQUESTS(7),
  TRANSLATION_REQUESTS(8),
  /** Translation Requests repeated because an invalidation overtook their answer. */
  TRANSLATION_RETRIES(9),
  /** Memory requests sent with AT=translated. */
  TRANSLATED_ACCESSES(10),
  UNTRANSLATED_ACCESSES(11),
  /** Bytes the device read from memory. */
  BYTES_READ(12),
  BYTES_WRITTEN(13);

  static final int COUNT = 14;

  /** Length of the array that counts everything of one device: counters and buckets. */
  public static final int SLOTS = COUNT + 3 * LatencyBuckets.COUNT;

  /** A received slot that the device did not report. */
  public static final long UNKNOWN = -1;

  private static final int VERSION = 1;

  private final int slot;

  DeviceCounter(int slot) {
    this.slot = slot;
  }

  /** Slot of this counter in an array of {@link #SLOTS}. */
  public int slot() {
    return slot;
  }

  static void encode(ByteBuf out, long[] slots) {
    out.writeShort(VERSION).writeShort(slots.length);
    for (long value : slots) {
      out.writeLong(value);
    }
  }

  /** The counters of a STATS body in a new array; what is not there is {@link #UNKNOWN}. */
  static long[] decode(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < 4 || in.readUnsignedShort() < VERSION) {
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

package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  /** The published order, typed from the protocol and not from the enum. */
  private static final String[] ORDER = {
    "ATC_LOOKUPS",
    "ATC_HITS",
    "ATC_MISSES",
    "ATC_FILLS",
    "ATC_EVICTIONS",
    "INVALIDATION_REQUESTS",
    "ENTRIES_DROPPED",
    "PAGE_REQUESTS",
    "TRANSLATION_REQUESTS",
    "TRANSLATION_RETRIES",
    "TRANSLATED_ACCESSES",
    "UNTRANSLATED_ACCESSES",
    "BYTES_READ",
    "BYTES_WRITTEN"
  };

  @Test
  void countersKeepTheirPublishedOrder() {
    assertThat(DeviceCounter.values()).hasSize(ORDER.length + 2);
    for (int i = 0; i < ORDER.length; i++) {
      assertThat(DeviceCounter.valueOf(ORDER[i]).statsSlot()).isEqualTo(i);
    }
    assertThat(LatencyHistogram.TRANSLATION_REQUEST.firstSlot()).isEqualTo(14);
    assertThat(LatencyHistogram.INVALIDATION.firstSlot()).isEqualTo(131);
    assertThat(LatencyHistogram.PAGE_REQUEST.firstSlot()).isEqualTo(248);
    assertThat(DeviceCounter.FIRST_OF_CURVES).isEqualTo(365);
    assertThat(LatencyHistogram.TRANSLATION_REQUEST.sumSlot()).isEqualTo(449);
    assertThat(LatencyHistogram.INVALIDATION.sumSlot()).isEqualTo(450);
    assertThat(LatencyHistogram.PAGE_REQUEST.sumSlot()).isEqualTo(451);
    assertThat(DeviceCounter.ATC_ENTRIES_HELD.statsSlot()).isEqualTo(452);
    assertThat(DeviceCounter.ATC_CAPACITY.statsSlot()).isEqualTo(453);
    assertThat(DeviceCounter.SLOTS).isEqualTo(454);
  }

  @Test
  void survivesTheWire() throws ProtocolException {
    long[] counters = new Random(1).longs(DeviceCounter.SLOTS, 0, Long.MAX_VALUE).toArray();
    ByteBuf body = Unpooled.buffer();
    DeviceCounter.encode(body, counters);
    assertThat(body.readableBytes()).isEqualTo(4 + 8 * 454);
    assertThat(body.getLong(4)).isEqualTo(counters[0]);
    assertThat(DeviceCounter.decode(body)).isEqualTo(counters);
  }

  @Test
  void countersOfAnOlderDeviceAreUnknownAndNotZero() throws ProtocolException {
    ByteBuf body = Unpooled.buffer();
    DeviceCounter.encode(body, new long[] {5, 0});
    long[] counters = DeviceCounter.decode(body);
    assertThat(counters).hasSize(DeviceCounter.SLOTS).startsWith(5, 0, DeviceCounter.UNKNOWN);
    assertThat(Arrays.stream(counters).skip(2)).containsOnly(DeviceCounter.UNKNOWN);
  }

  @Test
  void countersOfANewerDeviceAreLeftOut() throws ProtocolException {
    long[] more = new long[DeviceCounter.SLOTS + 3];
    Arrays.fill(more, 9);
    ByteBuf body = Unpooled.buffer();
    DeviceCounter.encode(body, more);
    assertThat(DeviceCounter.decode(body)).hasSize(DeviceCounter.SLOTS).containsOnly(9);
  }

  @Test
  void absurdCountIsUnknown() throws ProtocolException {
    ByteBuf body = Unpooled.buffer();
    DeviceCounter.encode(body, new long[] {Long.MIN_VALUE});
    assertThat(DeviceCounter.decode(body)[0]).isEqualTo(DeviceCounter.UNKNOWN);
  }

  @Test
  void bucketsMeetWithoutGap() {
    for (int bucket = 0; bucket < LatencyBuckets.COUNT - 1; bucket++) {
      long bound = LatencyBuckets.upperBound(bucket);
      assertThat(LatencyBuckets.index(bound - 1)).isEqualTo(bucket);
      assertThat(LatencyBuckets.index(bound)).isEqualTo(bucket + 1);
      assertThat(bound - LatencyBuckets.upperBound(Math.max(0, bucket - 1)))
          .isLessThanOrEqualTo(Math.max(64, bound / 5));
    }
  }

  @Test
  void bucketsAreWhereTheProtocolHasThem() {
    assertThat(LatencyBuckets.index(-5)).isZero();
    assertThat(LatencyBuckets.index(63)).isZero();
    assertThat(LatencyBuckets.index(64)).isEqualTo(1);
    assertThat(LatencyBuckets.upperBound(3)).isEqualTo(256);
    assertThat(LatencyBuckets.upperBound(4)).isEqualTo(320);
    assertThat(LatencyBuckets.upperBound(115)).isEqualTo(1L << 36);
    assertThat(LatencyBuckets.index(Long.MAX_VALUE)).isEqualTo(116);
    assertThat(LatencyBuckets.upperBound(116)).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(() -> LatencyBuckets.upperBound(117)).hasMessageContaining("117");
  }

  @Test
  void percentileIsTheBoundOfItsBucket() {
    long[] counts = new long[5 + LatencyBuckets.COUNT];
    assertThat(LatencyBuckets.percentile(counts, 5, 50)).isZero();
    counts[0] = 1_000_000;
    counts[5 + LatencyBuckets.index(1_000)] = 98;
    counts[5 + LatencyBuckets.index(1_000_000)] = 2;
    long usual = LatencyBuckets.upperBound(LatencyBuckets.index(1_000));
    long rare = LatencyBuckets.upperBound(LatencyBuckets.index(1_000_000));
    assertThat(LatencyBuckets.percentile(counts, 5, 0)).isEqualTo(usual);
    assertThat(LatencyBuckets.percentile(counts, 5, 50)).isEqualTo(usual);
    assertThat(LatencyBuckets.percentile(counts, 5, 98)).isEqualTo(usual);
    assertThat(LatencyBuckets.percentile(counts, 5, 99)).isEqualTo(rare);
    assertThat(LatencyBuckets.percentile(counts, 5, 100)).isEqualTo(rare);
  }
}

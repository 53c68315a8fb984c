package org.smmulator.pcie;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.wire.LatencyBuckets;

class RoundTripsTest {
  private static final int FIRST = 7;

  private static long[] slots(long each) {
    long[] slots = new long[FIRST + LatencyBuckets.COUNT];
    Arrays.fill(slots, FIRST, slots.length, each);
    return slots;
  }

  private static RoundTrips of(long[] slots) {
    return requireNonNull(RoundTrips.of(slots, FIRST, -1));
  }

  @Test
  void thereAreNoneWhereNothingWasCountedOrReported() {
    assertThat(RoundTrips.of(slots(0), FIRST, 0)).isNull();
    assertThat(RoundTrips.of(slots(-1), FIRST, -1)).isNull();
  }

  @Test
  void everyCountIsBelowExactlyOneBound() {
    long[] slots = slots(3);
    slots[FIRST - 1] = 1_000;
    slots[FIRST + 2] = -1;
    assertThat(of(slots).counts().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(3L * (LatencyBuckets.COUNT - 1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 1_000, 1_023, 1_024, 50_000, 16_777_215, 20_000_000, 8_000_000_000L})
  void aRoundTripIsBelowTheFirstBoundAboveItAndItsSumIsAnEighthOffAtMost(long nanos) {
    long[] slots = slots(0);
    slots[FIRST + LatencyBuckets.index(nanos)] = 1;
    RoundTrips trips = of(slots);

    List<Long> bounds = RoundTrips.BOUNDS_NANOS;
    int at = trips.counts().indexOf(1L);
    assertThat(bounds.get(at)).isGreaterThan(nanos);
    assertThat(at == 0 ? 0 : bounds.get(at - 1)).isLessThanOrEqualTo(nanos);
    assertThat(Math.abs(trips.sumNanos() - nanos)).isLessThanOrEqualTo(Math.max(nanos / 8, 64));
  }

  @Test
  void aSumThatIsToldIsExactUnlessItCannotBe() {
    long[] slots = slots(0);
    slots[FIRST + LatencyBuckets.index(1_000)] = 2; // 896 to 1,023 ns each
    assertThat(requireNonNull(RoundTrips.of(slots, FIRST, 1_901)).sumNanos()).isEqualTo(1_901);
    long estimate = requireNonNull(RoundTrips.of(slots, FIRST, -1)).sumNanos();
    assertThat(estimate).isEqualTo(2 * 960);
    for (long impossible : new long[] {0, 1_791, 2_049, Long.MAX_VALUE}) {
      assertThat(requireNonNull(RoundTrips.of(slots, FIRST, impossible)).sumNanos())
          .isEqualTo(estimate);
    }
    long[] slow = slots(0);
    slow[FIRST + LatencyBuckets.COUNT - 1] = 1;
    assertThat(requireNonNull(RoundTrips.of(slow, FIRST, 1L << 40)).sumNanos()).isEqualTo(1L << 40);
  }

  @Test
  void countsThatCannotBeTrueDoNotOverflow() {
    assertThat(of(slots(Long.MAX_VALUE / 200)).sumNanos()).isEqualTo(Long.MAX_VALUE);
  }
}

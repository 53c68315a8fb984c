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
    return requireNonNull(RoundTrips.of(slots, FIRST));
  }

  @Test
  void thereAreNoneWhereNothingWasCountedOrReported() {
    assertThat(RoundTrips.of(slots(0), FIRST)).isNull();
    assertThat(RoundTrips.of(slots(-1), FIRST)).isNull();
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
  void countsThatCannotBeTrueDoNotOverflow() {
    assertThat(of(slots(Long.MAX_VALUE / 200)).sumNanos()).isEqualTo(Long.MAX_VALUE);
  }
}

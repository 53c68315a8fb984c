package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void letsTenEventsThroughInFiveSeconds() {
    RateLimit limit = RateLimit.ofEvents();
    assertThat(LongStream.range(0, 100).filter(i -> limit.permits(7 + i)).count()).isEqualTo(10);
    assertThat(limit.permits(5 * SECOND + 6)).isFalse();
    assertThat(LongStream.range(0, 100).filter(i -> limit.permits(5 * SECOND + 7)).count())
        .isEqualTo(10);
  }

  @Test
  void letsOneOverflowThroughInAMinute() {
    RateLimit limit = RateLimit.ofOverflows();
    assertThat(LongStream.range(0, 120).filter(i -> limit.permits(i * SECOND)).boxed())
        .containsExactly(0L, 60L);
  }
}

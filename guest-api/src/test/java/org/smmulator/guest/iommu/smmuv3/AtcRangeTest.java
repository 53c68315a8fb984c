package org.smmulator.guest.iommu.smmuv3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class AtcRangeTest {
  static Stream<String[]> table() {
    return LayoutRows.rows("atc-ranges.txt").stream();
  }

  static LongStream seeds() {
    return DriverBench.seeds(20);
  }

  @ParameterizedTest
  @MethodSource("table")
  void coversAsTheTableSays(String start, String bytes, String page, String log2) {
    assertThat(AtcRange.covering(Long.decode(start), Long.decode(bytes)))
        .isEqualTo(new AtcRange(Long.decode(page) << 12, Integer.parseInt(log2)));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void isTheSmallestAlignedBlockThatCovers(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 1000; i++) {
      long start = random.nextLong(1L << 47);
      long bytes = 1 + random.nextLong(1L << random.nextInt(1, 40));
      AtcRange range = AtcRange.covering(start, bytes);
      assertThat(contains(range.address(), range.sizeLog2(), start, bytes)).isTrue();
      assertThat(range.address() & ((4096L << range.sizeLog2()) - 1)).isZero();
      int half = range.sizeLog2() - 1;
      long below = half < 0 ? 0 : start & -(4096L << half);
      assertThat(half >= 0 && contains(below, half, start, bytes)).isFalse();
    }
  }

  @Test
  void takesTheEndAsExclusive() {
    assertThat(AtcRange.covering(0x3000, 0x1000)).isEqualTo(new AtcRange(0x3000, 0));
  }

  private static boolean contains(long address, int log2, long start, long bytes) {
    return address <= start && start + bytes <= address + (4096L << log2);
  }
}

package org.smmulator.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;

class HistoryTest {
  private final History history = new History();

  @Test
  void keepsTheFirstAndTheLastSamplesAndTheOlderTheFewer() {
    int samples = 100_000;
    for (int i = 0; i < samples; i++) {
      history.add(i, Summary.EMPTY);
    }
    long[] times = history.table().nanos();

    assertThat(times).isSorted().doesNotHaveDuplicates();
    assertThat(times[0]).isZero();
    assertThat(between(times, samples - History.FINE, samples)).isEqualTo(History.FINE);
    for (int age = History.FINE; 2 * age < samples; age *= 2) {
      assertThat(between(times, samples - 2 * age, samples - age))
          .as("of the ages from %d to twice of that", age)
          .isBetween(History.FINE / 2L - 1, History.FINE / 2L + 1);
    }
    assertThat(times).hasSizeLessThan(1_200);
  }

  private static long between(long[] times, long from, long to) {
    return Arrays.stream(times).filter(t -> t >= from && t < to).count();
  }

  @Test
  void aColumnHasEveryCountUnderItsPlaceInTheSummary() {
    history.add(5, Summary.EMPTY);
    history.add(7, Summaries.failed());
    Map<String, long[]> columns = history.table().columns();

    assertThat(columns.get("/devices/00:04.0/atc/lookups")).containsExactly(0, 1_234_567);
    assertThat(columns.get("/smmu/walkCache/evictions")).containsExactly(0, 323);
    assertThat(columns.get("/smmu/commands/ATC_INV")).containsExactly(0, 308);
    assertThat(columns).as("always 0").doesNotContainKey("/smmu/commands/CFGI_CD");
  }

  @Test
  void aSampleOfTheSameTimeReplacesTheLastOne() {
    history.add(5, Summaries.failed());
    history.add(5, Summary.EMPTY);

    assertThat(history.table().nanos()).containsExactly(5);
    assertThat(history.table().columns()).doesNotContainKey("/smmu/commands/ATC_INV");
  }

  @Test
  void whoAsksSeldomIsToldOfFewerSamplesAndTheLastOne() {
    SplittableRandom random = new SplittableRandom(1);
    long last = -1;
    for (int i = 0, added = 0; i < 200; i++) {
      for (int more = random.nextInt(20); more > 0; more--) {
        history.add(added++, Summary.EMPTY);
      }
      for (History.Sample told : history.after(last, 8)) {
        assertThat(told.nanos()).isGreaterThan(last);
        last = told.nanos();
      }
      assertThat(last).isEqualTo(added - 1);
      assertThat(history.after(last, 8)).isEmpty();
    }
  }
}

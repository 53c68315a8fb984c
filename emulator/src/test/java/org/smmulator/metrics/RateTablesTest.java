package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateTablesTest {
  private static String render(Summary before, Summary after, double seconds) {
    return RateTables.render(new Rates(before, after, (long) (seconds * 1e9)));
  }

  @Test
  void showsWhatChangedForEachSecond() {
    String shown = render(Summaries.grown(0), Summaries.grown(2), 4).replaceAll(" +", " ");

    assertThat(shown)
        .startsWith(
            """
            Devices
             00:04.0 00:05.0
             name small large
             ATC lookups 5.0 unknown
             ATC hits 5.0 unknown
             ATC misses 5.0 unknown
             ATC hit ratio 100.00 % -
             ATC fills 5.0 unknown
            """)
        .contains("\nLinks\n accepted 5.0\n")
        .contains(" translation retries 5.0 unknown\n", " bytes read 5.0 5.0\n")
        .contains("\nSVA\n binds 5.0\n");
  }

  @Test
  void countsOfOneThingOnBothEndsAreShownOnce() {
    assertThat(render(Summaries.grown(0), Summaries.grown(1), 1))
        .containsOnlyOnce("  bytes read ")
        .containsOnlyOnce(" page requests ");
  }

  /** A gauge has a value and no rate. */
  @Test
  void leavesOutGaugesAndWhatDidNotChange() {
    assertThat(render(Summaries.grown(0), Summaries.grown(1), 1))
        .doesNotContain("translations held", "PASIDs live", "Address spaces", "Checked");
    assertThat(render(Summaries.grown(3), Summaries.grown(3), 1))
        .isEqualTo("  nothing was counted\n");
  }

  @Test
  void aViolationIsToldInEachInterval() {
    assertThat(render(Summaries.failed(), Summaries.failed(), 1))
        .isEqualTo("  nothing was counted\nVerdict: FAILED so far\n");
  }

  @Test
  void aCountThatBeganAnewCountsFromZero() {
    assertThat(render(Summaries.grown(100), Summaries.grown(0), 2).replaceAll(" +", " "))
        .contains(" ATC lookups 617,284 unknown\n");
  }

  @Test
  void aDeviceThatCameCountsFromZero() {
    assertThat(render(Summary.EMPTY, Summaries.grown(0), 1).replaceAll(" +", " "))
        .contains(" translation requests 100 200\n", " ATC hit ratio 81.00 % -\n")
        .contains("\nCommands\n ATC_INV 308\n SYNC 307\n", "\nEvents\n F_TRANSLATION 309\n")
        .contains("\nSMMU TLB\n lookups 310\n")
        .doesNotContain("resident");
  }

  @Test
  void aRateHasADecimalWhereItSaysSomething() {
    assertThat(RateTables.rate(0)).isEqualTo("0");
    assertThat(RateTables.rate(0.5)).isEqualTo("0.5");
    assertThat(RateTables.rate(99.94)).isEqualTo("99.9");
    assertThat(RateTables.rate(1234.5)).isEqualTo("1,235");
  }
}

package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.metrics.CheckedCounter.ACCESSES_CHECKED;
import static org.smmulator.metrics.CheckedCounter.BYTES_COMPARED;
import static org.smmulator.metrics.CheckedCounter.FRAMES_FREED;
import static org.smmulator.metrics.CheckedCounter.GRANTS_REVOKED;
import static org.smmulator.metrics.CheckedCounter.PACKETS_JUDGED;
import static org.smmulator.metrics.VerdictCounter.PROTOCOL_VIOLATIONS;
import static org.smmulator.metrics.VerdictCounter.UNENDED_OPERATIONS;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.counter.Counts;

class SummaryTablesTest {
  @Test
  void alignsDevicesSideBySideWithUnitsAndThousands() {
    List<String> lines = SummaryTables.render(Summaries.passed()).lines().toList();

    assertThat(lines)
        .contains(
            "Devices",
            "                                    00:04.0  00:05.0",
            "  name                                small    large",
            "  ATC lookups                     1,234,567  unknown",
            "  ATC hit ratio                     81.00 %  unknown",
            "  entries dropped                       156  unknown",
            "  reported page requests                157  unknown",
            "  translation requests                  100      200",
            "  translations held                     101      201",
            "  violations                            129      229",
            "  translation request p50            950 ns  unknown",
            "  translation request p99           12.3 us  unknown",
            "  invalidation p50                   5.6 ms  unknown",
            "  invalidation p99                    7.0 s  unknown",
            "  page request p50                  unknown  unknown");
  }

  @Test
  void showsWhatOtherAtcsWouldHaveHit() {
    assertThat(SummaryTables.render(Summaries.passed()))
        .contains(
            """
            Working sets: the hit ratio that other ATCs would have had
                                 00:04.0  00:04.0  00:05.0
              sets               1 (any)        2  unknown
              accesses followed    1,000    1,000  unknown
              sampled, one in          1        4  unknown
              1 entries          10.00 %        -  unknown
              2 entries          30.00 %  15.00 %  unknown
              4 entries          60.00 %  55.00 %  unknown
              8 entries          65.00 %  55.00 %  unknown
            """);
  }

  @Test
  void showsTheCachesOfTheSmmuSideBySide() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(
            """
            SMMU caches
             TLB walk configuration
             lookups 310 320 330
             hits 311 321 331
             hit ratio 100.32 % 100.31 % 100.30 %
             insertions 312 322 332
             evictions 313 323 333
             invalidated 314 324 334
             resident 315 325 335
            """);
    assertThat(SummaryTables.render(Summary.EMPTY).replaceAll(" +", " "))
        .contains(" hit ratio unknown unknown unknown\n");
  }

  @Test
  void listsCommandsEventsAndNotifierCallsByKind() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(" commands 615\n ATC_INV 308\n SYNC 307\n")
        .contains(" events 309\n F_TRANSLATION 309\n")
        .contains(" notifier calls 2,406\n release 600\n invalidate range 601\n")
        .contains(" PASIDs quarantined 412\n");
    assertThat(SummaryTables.render(Summary.EMPTY).replaceAll(" +", " "))
        .contains(" commands none\n");
  }

  @Test
  void aStepThatToldDevicesHasALineForEach() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(" munmap alice 0-15 16 1 40 00:04.0 2 15 1 38.1 us\n")
        .contains(" 00:05.0 1 unknown unknown never\n")
        .doesNotContain("wait busy");
    assertThat(SummaryTables.render(Summary.EMPTY)).doesNotContain("Steps");
  }

  @Test
  void verdictSaysHowMuchWasChecked() {
    assertThat(SummaryTables.render(Summaries.passed()))
        .endsWith(
            """

            Verdict: PASSED
              data mismatches                  0  of 901 bytes compared
              stale accesses                   0  of 902 accesses checked, 903 grants given
              overdue accesses                 0  of 902 accesses checked, 905 grants live
              frames freed under a live grant  0  of 906 frames freed, 904 grants revoked
              protocol violations              0  of 907 packets judged
              kernel failures                  0
              operations that did not end      0  of 900 operations
            """);
    assertThat(SummaryTables.render(Summary.EMPTY))
        .contains("Verdict: NOT RUN (not enough was checked)\n");
  }

  @Test
  void operationsThatDidNotEndAreNoViolationAndNoSuccess() {
    Verdict lost = verdict(UNENDED_OPERATIONS, 3);
    assertThat(lost.outcome()).isEqualTo(Verdict.Outcome.NOT_RUN);
    assertThat(lost.clean()).isTrue();
    assertThat(lost.faultless()).isFalse();
    assertThat(SummaryTables.render(Summaries.passed().with(lost)))
        .contains("Verdict: NOT RUN (operations did not end)\n")
        .contains("  operations that did not end      3  of 900 operations\n");
  }

  @Test
  void countsConnectionsToTheBus() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(
            """
            Links
             accepted 10,911
             refused 10,912
             detached 10,913
             lost 10,914
             invalidations without device 10,915
            """);
  }

  @Test
  void aRunThatWasCutShortHasNotPassed() {
    assertThat(SummaryTables.render(Summaries.passed().cutShort()))
        .contains("Verdict: CUT SHORT\n");
    assertThat(SummaryTables.render(Summaries.failed().cutShort()))
        .contains("Verdict: FAILED (cut short)\n");
    assertThat(Summaries.passed().cutShort().verdict().passed()).isFalse();
  }

  @Test
  void anExternalGuestHasNoVerdict() {
    Verdict none =
        new Verdict(
            false,
            false,
            Summaries.found(Map.of(PROTOCOL_VIOLATIONS, 3L)),
            Summaries.CHECKED,
            List.of(),
            0);
    assertThat(SummaryTables.render(Summaries.passed().with(none)))
        .doesNotContain("Verdict", "SVA")
        .contains("\nChecks of devices (with an external guest there is no verdict)\n")
        .contains("  protocol violations              3  of 907 packets judged\n");
  }

  @Test
  void namesDevicePasidAddressAndFrameOfAViolation() {
    assertThat(SummaryTables.render(Summaries.failed()))
        .contains("Verdict: FAILED\n")
        .endsWith(
            "  stale access: device 00:04.0, PASID 7, address 0x7000, frame 0x40001000: write"
                + " without a live grant (and 376 more like it)\n"
                + "    packet: type memory write, requester ID 00:04.0\n"
                + "  and 91 more that are like none of these; the counts above are complete\n");
  }

  @Test
  void aVerdictPassesOnlyIfEveryKindOfCheckHadSomethingToCheck() {
    assertThat(Summaries.GOOD.passed()).isTrue();
    for (CheckedCounter lacking : CheckedCounter.values()) {
      boolean isNeeded =
          Set.of(BYTES_COMPARED, ACCESSES_CHECKED, GRANTS_REVOKED, FRAMES_FREED, PACKETS_JUDGED)
              .contains(lacking);
      Counts<CheckedCounter> checked =
          Counts.of(CheckedCounter.class, row -> row == lacking ? 0 : 1);
      assertThat(new Verdict(true, false, Summaries.GOOD.found(), checked, List.of(), 0).outcome())
          .as("%s", lacking)
          .isEqualTo(isNeeded ? Verdict.Outcome.NOT_RUN : Verdict.Outcome.PASSED);
    }
    for (VerdictCounter row : VerdictCounter.values()) {
      assertThat(verdict(row, 1).outcome())
          .as("%s", row)
          .isEqualTo(row == UNENDED_OPERATIONS ? Verdict.Outcome.NOT_RUN : Verdict.Outcome.FAILED);
    }
  }

  private static Verdict verdict(VerdictCounter row, long found) {
    return new Verdict(
        true, false, Summaries.found(Map.of(row, found)), Summaries.CHECKED, List.of(), 0);
  }
}

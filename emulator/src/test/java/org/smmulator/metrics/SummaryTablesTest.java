package org.smmulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTablesTest {
  @Test
  void alignsDevicesSideBySideWithUnitsAndThousands() {
    List<String> lines = SummaryTables.render(Summaries.passed()).lines().toList();

    assertThat(lines)
        .contains(
            "Devices",
            "                             00:04.0  00:05.0",
            "  name                         small    large",
            "  ATC lookups              1,234,567  unknown",
            "  ATC hit ratio              81.00 %  unknown",
            "  ATC entries dropped            107  unknown",
            "  translated accesses            109      208",
            "  translations held              115      215",
            "  translations withheld          116      216",
            "  packets not permitted          117      217",
            "  resets                         118      218",
            "  violations                     119      219",
            "  invalidations timed out        113      213",
            "  invalidations lost             114      214",
            "  translation request p50     950 ns  unknown",
            "  translation request p99    12.3 us  unknown",
            "  invalidation p50            5.6 ms  unknown",
            "  invalidation p99             7.0 s  unknown",
            "  page request p50           unknown  unknown");
  }

  @Test
  void showsTheCachesOfTheSmmuSideBySide() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(
            """
            SMMU caches
             TLB walk configuration
             lookups 301 331 305
             hits 302 332 306
            """)
        .contains(
            """
             insertions 321 333 341
             evictions 322 334 342
             invalidated 323 335 343
             resident 324 336 344
            """)
        .contains(" transactions stalled 313\n of them now 314\n");
    assertThat(SummaryTables.render(Summary.EMPTY).replaceAll(" +", " "))
        .contains(" hit ratio unknown unknown unknown\n");
  }

  @Test
  void listsCommandsEventsAndNotifierCallsByKind() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(" commands 615\n ATC_INV 308\n SYNC 307\n")
        .contains(" events 309\n F_TRANSLATION 309\n")
        .contains(" notifier calls 403\n invalidateRange 403\n")
        .contains(" PASIDs quarantined 406\n");
    assertThat(SummaryTables.render(Summary.EMPTY).replaceAll(" +", " "))
        .contains(" commands none\n");
  }

  @Test
  void verdictSaysHowMuchWasChecked() {
    assertThat(SummaryTables.render(Summaries.passed()))
        .endsWith(
            """

            Verdict: PASSED
              data mismatches                  0  of 901 bytes compared
              stale accesses                   0  of 902 accesses checked
              overdue accesses                 0  of 902 accesses checked
              frames freed under a live grant  0  of 904 frames freed, 903 grants revoked
              protocol violations              0  of 905 packets judged
              operations that did not end      0  of 906 operations begun
            """);
    assertThat(SummaryTables.render(Summary.EMPTY))
        .contains("Verdict: NOT RUN (not enough was checked)\n");
  }

  @Test
  void operationsThatDidNotEndAreNoViolationAndNoSuccess() {
    Summary good = Summaries.passed();
    Verdict lost = new Verdict(true, false, 0, 0, 0, 0, 0, 3, Summaries.CHECKED, List.of(), 0);
    assertThat(lost.outcome()).isEqualTo(Verdict.Outcome.NOT_RUN);
    assertThat(lost.clean()).isTrue();
    assertThat(
            SummaryTables.render(
                new Summary(good.devices(), good.links(), good.smmu(), good.sva(), lost)))
        .contains("Verdict: NOT RUN (operations did not end)\n")
        .contains("  operations that did not end      3  of 906 operations begun\n");
  }

  @Test
  void countsConnectionsToTheBus() {
    assertThat(SummaryTables.render(Summaries.passed()).replaceAll(" +", " "))
        .contains(
            """
            Links
             accepted 911
             of them refused 912
             devices detached 914
             devices lost 913
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
    Summary good = Summaries.passed();
    Verdict none = new Verdict(false, false, 0, 0, 0, 0, 3, 0, Summaries.CHECKED, List.of(), 0);
    assertThat(
            SummaryTables.render(
                new Summary(good.devices(), good.links(), good.smmu(), good.sva(), none)))
        .doesNotContain("Verdict", "SVA")
        .contains("\nChecks of devices (with an external guest there is no verdict)\n")
        .contains("  protocol violations              3  of 905 packets judged\n");
  }

  @Test
  void namesDevicePasidAddressAndFrameOfAViolation() {
    assertThat(SummaryTables.render(Summaries.failed()))
        .contains("Verdict: FAILED\n")
        .endsWith(
            "  stale access: device 00:04.0, PASID 7, address 0x7000, frame 0x40001000: write"
                + " without a live grant (and 376 more like it)\n"
                + "  and 91 more that are like none of these; the counts above are complete\n");
  }

  @Test
  void aVerdictPassesOnlyIfEveryKindOfCheckHadSomethingToCheck() {
    assertThat(verdict(new Verdict.Checked(0, 1, 1, 1, 1, 1)).passed()).isTrue();
    for (Verdict.Checked lacking :
        List.of(
            new Verdict.Checked(1, 0, 1, 1, 1, 1),
            new Verdict.Checked(1, 1, 0, 1, 1, 1),
            new Verdict.Checked(1, 1, 1, 0, 1, 1),
            new Verdict.Checked(1, 1, 1, 1, 0, 1),
            new Verdict.Checked(1, 1, 1, 1, 1, 0))) {
      assertThat(verdict(lacking).outcome()).as("%s", lacking).isEqualTo(Verdict.Outcome.NOT_RUN);
    }
    for (int i = 0; i < 5; i++) {
      Verdict one =
          new Verdict(
              true,
              false,
              i == 0 ? 1 : 0,
              i == 1 ? 1 : 0,
              i == 2 ? 1 : 0,
              i == 3 ? 1 : 0,
              i == 4 ? 1 : 0,
              0,
              Summaries.CHECKED,
              List.of(),
              0);
      assertThat(one.outcome()).as("%s", one).isEqualTo(Verdict.Outcome.FAILED);
    }
  }

  private static Verdict verdict(Verdict.Checked checked) {
    return new Verdict(true, false, 0, 0, 0, 0, 0, 0, checked, List.of(), 0);
  }
}

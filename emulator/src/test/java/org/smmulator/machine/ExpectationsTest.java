package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.Expect;
import org.smmulator.config.ExpectedCount;
import org.smmulator.counter.CounterRow.Spelling;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.VerdictCounter;

/**
 * The step {@code expect}: what is as expected ends with 0, what is not with 1, and why is said.
 */
class ExpectationsTest {
  private static final String MACHINE =
      """
      machine: {name: expecting, ramMiB: 64}
      bus: {listen: ['127.0.0.1:0'], invalidationTimeoutMillis: 5000}
      http: {listen: null}
      smmu: {substreamIdBits: 1}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4, queues: 4}
        - {id: '00:05.0', model: dma, atc: 16x4, queues: 4}
      scenario:
        steps:
          - process: {name: alice, pages: 8}
          - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
      """;

  private static final String DMA =
      "- dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 20, pages: 2}\n";

  @TempDir private Path folder;

  private CommandRun run(String steps, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), MACHINE + steps.indent(4));
    List<String> words = new ArrayList<>(List.of("run", file.toString()));
    words.addAll(List.of(options));
    return CommandRun.of(words.toArray(String[]::new));
  }

  private CommandRun simulate(String steps) throws IOException {
    return run(steps, "--simulated", "--seed", "3");
  }

  /** Two pages that both devices have; the first one goes. */
  private static final String MUNMAP = DMA + "- munmap: {process: alice, page: 0, pages: 1}\n";

  private static final String PROTECTED =
      "- mprotect: {process: alice, page: 0, pages: 2, prot: r}\n";

  /** As it is, and turned round. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "notifierCalls: 1 | notifierCalls: 2 | notifier calls: 2 expected, 1 seen",
        "notifierCalls: {invalidateRange: 1, release: 0} | notifierCalls: {release: 1}"
            + " | notifier calls release: 1 expected, 0 seen",
        "commands: {TLBI_NH_VA: 1, ATC_INV: 2, SYNC: 2, TLBI_NH_ASID: 0} | commands: {SYNC: {atMost:"
            + " 1}} | commands SYNC: 1 or less expected, 2 seen",
        "entriesDropped: {'00:04.0': 1, '00:05.0': {atLeast: 1}} | entriesDropped: {'00:05.0': 0}"
            + " | entries dropped by 00:05.0: 0 expected, 1 seen",
        "events: {notifierBegins: 1, ATC_INV: 2, invalidation: 2} | events: {ATC_INV: {atLeast: 3,"
            + " atMost: 4}} | events ATC_INV: 3 to 4 expected, 2 seen",
        "pasids: {alice: bound} | pasids: {alice: free} | PASID of alice: free expected, bound seen",
        "violations: {dataMismatches: 0} | violations: {staleAccesses: 1}"
            + " | stale accesses: 1 expected, 0 seen",
        "notifierCalls: {all: {atLeast: 1}} | refused: no page | refused with 'no page' expected, and"
            + " it was done"
      })
  void whatIsExpectedDecidesHowARunEnds(String right, String wrong, String sentence)
      throws Exception {
    CommandRun met = simulate(MUNMAP + "- expect: {" + right + "}\n");
    assertThat(met.code()).as(met.out()).isZero();
    assertThat(met.out()).contains("Verdict: PASSED\n").doesNotContain("not met");

    CommandRun unmet = simulate(MUNMAP + "- expect: {" + wrong + ", withinMillis: 2}\n");
    assertThat(unmet.code()).as(unmet.out()).isEqualTo(1);
    assertThat(unmet.out())
        .contains("Verdict: FAILED\n", "step 4 (munmap alice 0): " + sentence + "\n", "1 not met");
  }

  @Test
  void noStoryNeedsDmaToPassAndWithoutExpectationsItDoes() throws Exception {
    String steps = "- munmap: {process: alice, page: 0, pages: 1}\n";
    assertThat(simulate(steps).code()).isEqualTo(5);
    CommandRun met = simulate(steps + "- expect: {notifierCalls: 0, commands: {ATC_INV: 0}}\n");
    assertThat(met.code()).as(met.out()).isZero();
    assertThat(met.out()).contains("Expectations: 2 met\n");
  }

  @Test
  void onRealTimeItIsTheSame() throws Exception {
    CommandRun met = run(MUNMAP + "- expect: {commands: {ATC_INV: 2}, pasids: {alice: bound}}\n");
    assertThat(met.code()).as(met.out()).isZero();
    CommandRun unmet = run(MUNMAP + "- expect: {commands: {ATC_INV: 3}, withinMillis: 0}\n");
    assertThat(unmet.code()).as(unmet.out()).isEqualTo(1);
    assertThat(unmet.out()).contains("commands ATC_INV: 3 expected, 2 seen");
  }

  /** The Invalidate Request of one device is lost. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- expect: {violations: {protocolViolations: {atLeast: 1}}} | 0 | 1 expected",
        "- expect: {violations: {staleAccesses: 0}} | 1 | Verdict: FAILED",
        "- expect: {violations: {protocolViolations: 0}} | 1 | protocol violations: 0 expected, 1"
            + " seen",
        "- expect: {notifierCalls: 1} | 1 | Verdict: FAILED",
        "'' | 1 | Verdict: FAILED"
      })
  void aViolationThatIsExpectedIsNoFailureAndAnyOtherIs(String expect, int code, String said)
      throws Exception {
    CommandRun run =
        simulate(
            DMA
                + "- inject: {drop: packet, device: '00:05.0'}\n"
                + "- munmap: {process: alice, page: 0, pages: 1}\n"
                + expect
                + "\n");
    assertThat(run.code()).as(run.out()).isEqualTo(code);
    assertThat(run.out()).contains(said);
  }

  @Test
  void aViolationIsExpectedOnce() throws Exception {
    String lost =
        DMA
            + "- inject: {drop: packet, device: '00:05.0'}\n"
            + "- munmap: {process: alice, page: 0, pages: 1}\n"
            + "- expect: {violations: {protocolViolations: 1}}\n";
    CommandRun once = simulate(lost + "- expect: {violations: {protocolViolations: 0}}\n");
    assertThat(once.code()).as(once.out()).isZero();
    CommandRun twice =
        simulate(lost + "- expect: {violations: {protocolViolations: 1}, withinMillis: 2}\n");
    assertThat(twice.code()).as(twice.out()).isEqualTo(1);
  }

  @Test
  void aStepMayBeRefusedIfThatIsExpected() throws Exception {
    String write = PROTECTED + "- write: {process: alice, page: 0, pages: 1}\n";
    CommandRun stopped = simulate(write);
    assertThat(stopped.code()).isEqualTo(5);
    CommandRun met = simulate(write + "- expect: {refused: may not write all}\n" + DMA);
    assertThat(met.code()).as(met.out() + met.err()).isZero();
    CommandRun unmet = simulate(write + "- expect: {refused: no memory, withinMillis: 0}\n");
    assertThat(unmet.code()).isEqualTo(1);
    assertThat(unmet.out())
        .containsPattern(
            "step 4 .write alice 0.: refused with 'no memory' expected, and it was with");
  }

  @Test
  void aPasidThatNobodyHasIsTheReasonOfARefusal() throws Exception {
    CommandRun run =
        simulate(
            """
            - process: {name: bob, pages: 1}
            - bind: {process: bob, devices: ['00:04.0']}
            - expect: {refused: PASID, pasids: {bob: free, alice: bound}}
            - exit: {process: alice}
            - expect: {pasids: {alice: free}}
            - bind: {process: bob, devices: ['00:04.0']}
            - expect: {pasids: {bob: bound}}
            """);
    assertThat(run.code()).as(run.out() + run.err()).isZero();
  }

  @Test
  void operationsAreThoseOfTheStreamsThatAStepRanOrWaitedFor() throws Exception {
    CommandRun run =
        simulate(
            DMA
                + "- expect: {operations: {completed: 40, refused: 0, failed: 0}}\n"
                + PROTECTED
                + DMA
                + "- expect: {operations: {refused: {atLeast: 1}, failed: 0}}\n"
                + "- dma: {processes: [alice], devices: ['00:04.0'], operations: 5, pages: 2,"
                + " background: s}\n"
                + "- expect: {operations: 0}\n"
                + "- wait: {background: s}\n"
                + "- expect: {operations: {failed: 0, completed: {atMost: 5}}}\n"
                + "- repeat: {times: 3, steps: [{dma: {processes: [alice], devices: ['00:04.0'],"
                + " operations: 2, page: 4, pages: 2}}, {expect: {operations: 2}}]}\n"
                + "- expect: {operations: 6}\n");
    assertThat(run.code()).as(run.out()).isZero();
    CommandRun wrong = simulate(DMA + "- expect: {operations: 41, withinMillis: 0}\n");
    assertThat(wrong.out()).contains("operations completed: 41 expected, 40 seen");
  }

  /** Without the expectation the run would not have passed either: an operation did not end. */
  @Test
  void operationsThatDoNotEndMayBeExpected() throws Exception {
    String lost =
        """
        - at: {event: translationRequest, nth: 3, steps: [{unplug: {device: '00:04.0'}}]}
        - dma: {processes: [alice], devices: ['00:04.0'], operations: 200, pages: 8}
        """;
    CommandRun run = simulate(lost + "- expect: {operations: {failed: {atLeast: 1}}}\n");
    assertThat(run.code()).as(run.out() + run.err()).isZero();
  }

  @Test
  void roundsAreJudgedEachForItself() throws Exception {
    String round =
        """
        - repeat:
            times: 3
            steps:
              - munmap: {process: alice, page: 0, pages: 1, remap: true}
              - expect: {notifierCalls: %d, withinMillis: 0}
              - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 20, pages: 2}
        - expect: {commands: {ATC_INV: 6}}
        """;
    CommandRun met = simulate(DMA + round.formatted(1));
    assertThat(met.code()).as(met.out()).isZero();
    CommandRun unmet = simulate(DMA + round.formatted(0));
    assertThat(unmet.out())
        .contains(
            "3 not met",
            "step 5 (munmap alice 0), round 2 of 3: notifier calls: 0 expected, 1 seen");
    assertThat(unmet.out().lines().filter(line -> line.startsWith("  munmap alice 0"))).hasSize(1);
  }

  /** What is not met at once is waited for; virtual time is nobody's. */
  @Test
  void whatComesLateIsWaitedFor() throws Exception {
    String late =
        DMA
            + "- dma: {processes: [alice], devices: ['00:04.0'], operations: 200, page: 4, pages: 4,"
            + " background: s}\n"
            + "- expect: {events: {pageRequest: {atLeast: 1}}, withinMillis: %d}\n"
            + "- wait: {background: s}\n";
    CommandRun patient = simulate(late.formatted(1_000));
    assertThat(patient.code()).as(patient.out()).isZero();
    CommandRun impatient = simulate(late.formatted(0));
    assertThat(impatient.code()).as(impatient.out()).isEqualTo(1);
  }

  @Test
  void theSummaryHasThemAndReadsThemBack() throws Exception {
    Path file = folder.resolve("summary.json");
    CommandRun run =
        run(
            MUNMAP + "- expect: {commands: {SYNC: 2, ATC_INV: 7}, withinMillis: 0}\n",
            "--simulated",
            "--summary",
            file.toString());
    assertThat(run.code()).isEqualTo(1);
    Summary summary = SummaryJson.read(Files.readString(file));
    assertThat(summary.verdict().expectations().decide()).isTrue();
    assertThat(summary.verdict().expectations().met()).isEqualTo(1);
    assertThat(summary.verdict().expectations().sentences())
        .containsExactly("step 4 (munmap alice 0): commands ATC_INV: 7 expected, 2 seen");
    assertThat(summary.verdict().passed()).isFalse();
  }

  @Test
  void manySeedsAreJudgedToo() throws Exception {
    CommandRun met = run(MUNMAP + "- expect: {commands: {ATC_INV: 2}}\n", "--seeds", "1..5");
    assertThat(met.code()).as(met.err()).isZero();
    CommandRun unmet =
        run(MUNMAP + "- expect: {commands: {ATC_INV: 1}, withinMillis: 1}\n", "--seeds", "1..5");
    assertThat(unmet.code()).isEqualTo(1);
    assertThat(unmet.err())
        .contains(": not all that is expected came, and nothing else was found; to repeat it:");
  }

  /** What a file can name is what there is. */
  @Test
  void namesEveryCallbackAndEveryViolation() {
    ExpectedCount one = new ExpectedCount(1L, null, null);
    List<String> callbacks = new ArrayList<>();
    for (NotifierCall call : NotifierCall.values()) {
      callbacks.add(Spelling.camelCase(call.name()));
      assertThat(ExpectationCheck.snakeCase(Spelling.camelCase(call.name())))
          .isEqualToIgnoringCase(call.name());
    }
    assertThat(new Expect.Calls(null, one, one, one, one).byCallback().keySet())
        .containsExactlyInAnyOrderElementsOf(callbacks);
    List<String> violations = new ArrayList<>();
    for (VerdictCounter row : VerdictCounter.values()) {
      if (row.isViolation()) {
        violations.add(Spelling.camelCase(row.name()));
      }
    }
    assertThat(new Expect.Violations(one, one, one, one, one, one).given().keySet())
        .containsExactlyInAnyOrderElementsOf(violations);
  }
}

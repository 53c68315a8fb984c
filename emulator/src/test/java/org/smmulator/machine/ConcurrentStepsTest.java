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
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The steps {@code parallel} and {@code at}: steps that meet others in the middle of what they do.
 */
class ConcurrentStepsTest {
  private static final String MACHINE =
      """
      machine: {name: beside, ramMiB: 64}
      bus: {listen: ['127.0.0.1:0'], invalidationTimeoutMillis: 5000}
      http: {listen: null}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4, queues: 4}
        - {id: '00:05.0', model: dma, atc: 16x4, queues: 4}
      scenario:
        steps:
          - process: {name: alice, pages: 16}
          - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
          - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 20, pages: 8}
      """;

  private static final int SEEDS = 12;

  @TempDir private Path folder;

  private Path events = Path.of("");

  private CommandRun run(String steps, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), MACHINE + steps.indent(4));
    events = folder.resolve("events");
    List<String> words = new ArrayList<>(List.of("run", file.toString()));
    words.addAll(List.of(options));
    words.addAll(List.of("--events", events.toString()));
    return CommandRun.of(words.toArray(String[]::new));
  }

  private CommandRun simulate(String steps, int seed) throws IOException {
    return run(steps, "--simulated", "--seed", Integer.toString(seed));
  }

  /** Places of events whose words are these, in the order of the file. */
  private int place(String words) throws IOException {
    List<String> lines = Files.readAllLines(events);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains("\"what\":\"" + words)) {
        return i;
      }
    }
    throw new AssertionError("no event '" + words + "'");
  }

  /** Whether one began while the other was at it. */
  private boolean met(String one, String other) throws IOException {
    return place("begins " + one) < place("ends " + other)
        && place("begins " + other) < place("ends " + one);
  }

  /** Seeds in which the two steps met; each run must end as it is to. */
  private int meetings(String steps, String one, String other) throws IOException {
    int meetings = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      CommandRun run = simulate(steps, seed);
      assertThat(run.code()).as("seed %d: %s%s", seed, run.out(), run.err()).isZero();
      meetings += met(one, other) ? 1 : 0;
    }
    return meetings;
  }

  @Test
  void anUnbindMeetsTheEndOfItsProcess() throws Exception {
    String steps =
        """
        - parallel:
            branches:
              dies: [{kill: {process: alice}}]
              lets-go: [{unbind: {process: alice, device: '00:04.0'}}]
        - expect: {pasids: {alice: free}, notifierCalls: {release: 1}, violations: {staleAccesses: 0}}
        """;
    assertThat(meetings(steps, "kill alice", "unbind alice 00:04.0")).isPositive();
  }

  @Test
  void stepsOfDifferentProcessesMeet() throws Exception {
    String steps =
        """
        - process: {name: bob, pages: 8}
        - parallel:
            branches:
              alice: [{munmap: {process: alice, page: 0, pages: 4}}]
              bob:
                - bind: {process: bob, devices: ['00:05.0']}
                - dma: {processes: [bob], devices: ['00:05.0'], operations: 10, pages: 8}
        - verify: {process: alice}
        - expect: {commands: {ATC_INV: 0}}
        - verify: {process: bob}
        - expect: {pasids: {bob: bound}}
        """;
    assertThat(meetings(steps, "munmap alice 0-3", "bind bob 00:05.0")).isPositive();
  }

  /** At other pages; at the same pages they take turns, and the model knows the last one's. */
  @Test
  void changesOfOneProcessMeetAndItsMemoryIsWhatTheyLeave() throws Exception {
    String steps =
        """
        - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 100, pages: 16,
            background: s}
        - parallel:
            branches:
              one:
                - munmap: {process: alice, page: 0, pages: 6, remap: true}
                - write: {process: alice, page: 2, pages: 2}
              two:
                - mprotect: {process: alice, page: 8, pages: 4, prot: r}
                - munmap: {process: alice, page: 2, pages: 8, remap: true}
              three: [{fork: {process: alice, child: amy}}, {verify: {process: amy}}]
              four: [{age: {process: alice, page: 0, pages: 16}}, {verify: {process: alice}}]
        - wait: {background: s}
        - verify: {process: alice}
        - verify: {process: amy}
        - expect: {violations: {dataMismatches: 0, staleAccesses: 0}}
        """;
    assertThat(meetings(steps, "munmap alice 0-5", "mprotect alice 8-11 r")).isPositive();
  }

  @Test
  void whatAProcessWouldDoAfterItsEndDoesNotHappen() throws Exception {
    String steps =
        """
        - parallel:
            branches:
              dies: [{kill: {process: alice}}]
              works:
                - munmap: {process: alice, page: 0, pages: 2}
                - dma: {processes: [alice], devices: ['00:04.0'], operations: 3, pages: 8}
                - write: {process: alice, page: 4, pages: 1}
                - fork: {process: alice, child: amy}
                - unbind: {process: alice, device: '00:05.0'}
                - bind: {process: alice, devices: ['00:05.0']}
        - expect: {pasids: {alice: free}}
        """;
    assertThat(meetings(steps, "kill alice", "munmap alice 0-1")).isPositive();
  }

  @Test
  void onRealTimeBranchesEndTogether() throws Exception {
    CommandRun run =
        run(
            """
            - parallel:
                branches:
                  dies: [{kill: {process: alice}}]
                  lets-go: [{unbind: {process: alice, device: '00:04.0'}}]
            - expect: {pasids: {alice: free}}
            """);
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(place("begins unbind alice")).isLessThan(place("ends parallel dies, lets-go"));
  }

  @Test
  void aBranchThatFailsFailsTheScenario() throws Exception {
    CommandRun run =
        simulate(
            """
            - mprotect: {process: alice, page: 0, pages: 1, prot: r}
            - parallel:
                branches:
                  one: [{age: {process: alice, page: 0, pages: 16}}]
                  two: [{write: {process: alice, page: 0, pages: 1}}]
            """,
            1);
    assertThat(run.code()).isEqualTo(5);
    assertThat(run.err()).contains("the process may not write all of these pages");
  }

  private static final String HOOK =
      """
      - at: {event: ATC_INV, nth: %d, steps: [{age: {process: alice, page: 8, pages: 8}}]}
      - munmap: {process: alice, page: 0, pages: 4}
      - expect: {notifierCalls: 1}
      """;

  @Test
  void aHookFiresInTheMiddleOfWhatItIsAbout() throws Exception {
    assertThat(meetings(HOOK.formatted(1), "munmap alice 0-3", "age alice 8-15")).isPositive();
    assertThat(place("ends at ATC_INV 1")).isLessThan(place("begins munmap alice 0-3"));
    assertThat(place("begins munmap alice 0-3")).isLessThan(place("begins age alice 8-15"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void ofOneSeedItIsTheSameToTheByte(int nth) throws Exception {
    simulate(HOOK.formatted(nth), 7);
    byte[] first = Files.readAllBytes(events);
    simulate(HOOK.formatted(nth), 7);
    assertThat(Files.readAllBytes(events)).isEqualTo(first);
  }

  /** The munmap makes two ATC_INV, one for each device. */
  @Test
  void aHookWhoseEventNeverComesIsAnExpectationThatIsNotMet() throws Exception {
    CommandRun run = simulate(HOOK.formatted(3), 1);
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains(
            "step 4 (at ATC_INV 3): the event came 2 times, and its steps were not run",
            "Verdict: FAILED");
    CommandRun without =
        simulate(HOOK.formatted(3).lines().limit(2).reduce("", (a, b) -> a + b + "\n"), 1);
    assertThat(without.code()).as("also where nothing else is expected").isEqualTo(1);
  }

  @Test
  void aHookIsArmedAnewInEachRound() throws Exception {
    String rounds =
        """
        - repeat:
            times: 3
            steps:
              - at: {event: ATC_INV, nth: %d, steps: [{age: {process: alice, page: 8, pages: 8}}]}
              - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 20, pages: 8}
              - munmap: {process: alice, page: 0, pages: 4, remap: true}
        - expect: {events: {ATC_INV: {atLeast: 6}}}
        """;
    CommandRun fired = simulate(rounds.formatted(1), 1);
    assertThat(fired.code()).as(fired.out() + fired.err()).isZero();
    CommandRun never = simulate(rounds.formatted(1_000), 1);
    assertThat(never.out()).contains("before it was armed again", "3 not met");
  }

  /** In a hook, too, an expectation speaks of the step before it, and a failure is one. */
  @Test
  void aHookHasExpectationsOfItsOwn() throws Exception {
    String hook =
        """
        - at:
            event: ATC_INV
            steps:
              - mprotect: {process: alice, page: 8, pages: 2, prot: r}
              - expect: {notifierCalls: %d, withinMillis: 1}
        - munmap: {process: alice, page: 0, pages: 4}
        """;
    CommandRun met =
        simulate(
            "- dma: {processes: [alice], devices: ['00:04.0'], operations: 9,"
                + " page: 8, pages: 8}\n"
                + hook.formatted(1),
            1);
    assertThat(met.code()).as(met.out() + met.err()).isZero();
    CommandRun unmet = simulate(hook.formatted(2), 1);
    assertThat(unmet.code()).isEqualTo(1);
    assertThat(unmet.out()).contains("step 5 (mprotect alice 8-9 r): notifier calls: 2 expected");
  }

  @Test
  void onRealTimeAHookFiresToo() throws Exception {
    CommandRun run = run(HOOK.formatted(1));
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(place("begins munmap alice 0-3")).isLessThan(place("begins age alice 8-15"));
  }
}

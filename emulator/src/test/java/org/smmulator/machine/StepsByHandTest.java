package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.ConfigException;
import org.smmulator.config.StepByHand;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepReport.State;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.record.Recorder;

/** Steps that somebody asks a running machine for, one by one. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StepsByHandTest {
  private static final String MACHINE =
      """
      machine: {name: by-hand, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4, process: machine, name: small, queues: 9}
        - {id: '00:05.0', model: dma, atc: 64x4, process: machine, name: large, queues: 1}
      """;
  private static final String BOTH = "devices: ['00:04.0', '00:05.0']";
  private static final String ENDLESS = "operations: 100000000, pages: 16";

  @TempDir private Path folder;
  private final List<Machine> machines = new ArrayList<>();

  private Machine start(String yaml) throws Exception {
    Machine machine = Machine.start(Machines.config(folder, yaml), new Recorder());
    machines.add(machine);
    return machine;
  }

  /** With its devices. */
  private Machine started() throws Exception {
    Machine machine = start(MACHINE);
    machine.plugIn();
    return machine;
  }

  @AfterEach
  void stop() {
    machines.forEach(Machine::close);
  }

  private static long begin(Machine machine, String step) throws ConfigException {
    return machine.perform(StepByHand.parse(step));
  }

  private static StepReport end(Machine machine, long number) throws InterruptedException {
    StepReport report = machine.report(number);
    while (report.state() == State.RUNNING) {
      Thread.sleep(1); // another look; how many of them there are does not matter
      report = machine.report(number);
    }
    return report;
  }

  private static StepReport perform(Machine machine, String step) throws Exception {
    return end(machine, begin(machine, step));
  }

  private static void done(Machine machine, String... steps) throws Exception {
    for (String step : steps) {
      StepReport report = perform(machine, step);
      assertThat(report.state()).as("%s: %s", step, report.why()).isEqualTo(State.DONE);
    }
  }

  /** Then the first operations of a stream are over. */
  private static void awaitBytesCompared(Machine machine) throws InterruptedException {
    while (machine.summary().verdict().checked(CheckedCounter.BYTES_COMPARED) == 0) {
      Thread.sleep(1);
    }
  }

  @Test
  void anMunmapSaysWhatEachDeviceDropped() throws Exception {
    Machine machine = started();
    done(
        machine,
        "process: {name: alice, pages: 32}",
        "bind: {process: alice, " + BOTH + "}",
        "dma: {processes: [alice], " + BOTH + ", operations: 400, pages: 16}");
    StepReport report = perform(machine, "munmap: {process: alice, page: 0, pages: 8}");

    assertThat(report.state()).isEqualTo(State.DONE);
    StepSummary did = report.did();
    assertThat(did.step()).isEqualTo("munmap alice 0-7");
    assertThat(did.pages()).isEqualTo(8);
    assertThat(did.notifierCalls()).isEqualTo(1);
    assertThat(did.commands()).as("8 TLBI, SYNC, 2 ATC_INV, SYNC").isEqualTo(12);
    assertThat(did.devices()).extracting(StepSummary.OnDevice::entriesDropped).contains(8L, 8L);
    assertThat(report.story())
        .anyMatch(line -> line.endsWith("alice munmap ends"))
        .anyMatch(line -> line.contains("00:05.0: dropped 8 entries"))
        .filteredOn(line -> line.endsWith(" .. 6 more like it"))
        .hasSize(1);
    assertThat(report.story()).noneMatch(line -> line.contains("dma"));
    assertThat(report.render()).contains("munmap alice 0-7", "dropped");
    assertThat(StepReport.read(report.json())).isEqualTo(report);
    done(machine, "verify: {process: alice}", "exit: {process: alice}");
    assertThat(machine.summary().verdict().found(VerdictCounter.DATA_MISMATCHES)).isZero();
  }

  /** Each needs something that the machine does not have, after what {@code before} says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "munmap: {process: bob, page: 0, pages: 1} | no process bob was started before; there are"
            + " alice, carol",
        "munmap: {process: alice, page: 31, pages: 2} | pages 31 to 32 are outside the buffer",
        "process: {name: alice, pages: 1} | a process alice was started before",
        "process: {name: dora, pages: 100000} | 100000 pages are more than the RAM holds",
        "bind: {process: carol, devices: ['00:06.0']} | no device 00:06.0 that the guest drives is"
            + " attached; there are 00:04.0, 00:05.0",
        "store: {process: alice, page: 32, value: 1} | page 32 is outside the buffer of alice",
        "barRead: {device: '00:06.0', offset: 0} | no device 00:06.0 that the guest drives",
        "bind: {process: carol, devices: ['00:05.0']} | 00:05.0 has a queue for each of 1"
            + " processes; raise its queues to 2",
        "dma: {processes: [carol], devices: ['00:04.0'], operations: 1, pages: 2} | carol is not"
            + " bound to 00:04.0",
        "wait: {background: long} | no stream or program long is in the background; there is none",
        "unbindWhileBusy: {process: alice, device: '00:04.0'} | 00:04.0 does not work for alice",
        "fork: {process: alice, child: carol} | a process carol was started before",
        "verify: {process: eve} | process eve ended in an earlier step; there are alice, carol"
      })
  void aStepThatDoesNotFitIsRefusedWithOneSentence(String step, String sentence) throws Exception {
    Machine machine = started();
    done(
        machine,
        "process: {name: alice, pages: 32}",
        "process: {name: carol, pages: 32}",
        "process: {name: eve, pages: 1}",
        "kill: {process: eve}",
        "bind: {process: alice, " + BOTH + "}");
    StepReport report = perform(machine, step);

    assertThat(report.state()).isEqualTo(State.REFUSED);
    assertThat(report.why()).startsWith("step: ").contains(sentence).doesNotContain("\n");
    assertThat(report.did().commands()).isZero();
    done(machine, "exit: {process: alice}");
  }

  @Test
  void whoIsUnboundMakesRoomForAnotherAndCanBeBoundAgain() throws Exception {
    Machine machine = started();
    done(
        machine,
        "process: {name: alice, pages: 32}",
        "process: {name: carol, pages: 32}",
        "bind: {process: alice, " + BOTH + "}",
        "unbind: {process: alice, device: '00:05.0'}",
        "bind: {process: carol, devices: ['00:05.0']}",
        "dma: {processes: [carol], devices: ['00:05.0'], operations: 10, pages: 8}",
        "dma: {processes: [alice], devices: ['00:04.0'], operations: 10, pages: 8}",
        "unbind: {process: carol, device: '00:05.0'}",
        "bind: {process: alice, devices: ['00:05.0']}",
        "dma: {processes: [alice], " + BOTH + ", operations: 10, pages: 8}",
        "exit: {process: alice}");
    assertThat(machine.summary().verdict().violations()).isEmpty();
  }

  @Test
  void aProcessThatWorksIsNotEndedInGoodOrderButCanBeKilled() throws Exception {
    Machine machine = started();
    done(machine, "process: {name: alice, pages: 32}", "bind: {process: alice, " + BOTH + "}");
    long dma = begin(machine, "dma: {processes: [alice], " + BOTH + ", " + ENDLESS + "}");
    awaitBytesCompared(machine);
    StepReport exit = perform(machine, "exit: {process: alice}");
    assertThat(exit.why()).contains("'dma alice' still works on alice; wait until it is done");
    assertThat(machine.report(dma).state()).isEqualTo(State.RUNNING);
    done(machine, "munmap: {process: alice, page: 0, pages: 8}", "kill: {process: alice}");
    assertThat(end(machine, dma).state()).isEqualTo(State.DONE);
    assertThat(machine.summary().verdict().found(VerdictCounter.STALE_ACCESSES)).isZero();
  }

  @Test
  void soManyStepsAtOnceAndNoMore() throws Exception {
    Machine machine = started();
    List<Long> running = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String name = "p" + i;
      done(
          machine,
          "process: {name: " + name + ", pages: 16}",
          "bind: {process: " + name + ", devices: ['00:04.0']}");
    }
    for (int i = 0; i < 8; i++) {
      String name = "p" + i;
      running.add(
          begin(
              machine, "dma: {processes: [" + name + "], devices: ['00:04.0'], " + ENDLESS + "}"));
    }
    assertThatThrownBy(() -> begin(machine, "kill: {process: p0}"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("8 steps by hand are under way; wait until one of them is done");
    for (long number : running) {
      assertThat(machine.report(number).state()).isEqualTo(State.RUNNING);
    }
  }

  @Test
  void theLastOnesAreKept() throws Exception {
    Machine machine = started();
    for (int i = 0; i < 17; i++) {
      done(machine, "process: {name: p" + i + ", pages: 1}");
    }
    assertThat(machine.report(2).state()).isEqualTo(State.DONE);
    assertThatThrownBy(() -> machine.report(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no step 1 is kept; 16 are, those under way among them");
  }

  /** Its numbers go on where the scenario's end. */
  @Test
  void besideAScenarioThatGoesOn() throws Exception {
    Machine machine =
        start(
            MACHINE
                + """
                scenario:
                  steps:
                    - process: {name: alice, pages: 32}
                    - bind: {process: alice, devices: ['00:04.0']}
                    - dma: {processes: [alice], devices: ['00:04.0'], operations: 100000000, pages: 16}
                    - process: {name: bob, pages: 1}
                """);
    Ending[] ending = new Ending[1];
    Thread scenario =
        new Thread(
            () -> {
              try {
                ending[0] = machine.runScenario(Machines.silence());
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    scenario.start();
    awaitBytesCompared(machine);
    assertThat(begin(machine, "process: {name: carol, pages: 1}")).isEqualTo(5);
    StepReport munmap = perform(machine, "munmap: {process: alice, page: 0, pages: 8}");
    assertThat(munmap.state()).isEqualTo(State.DONE);
    done(machine, "kill: {process: alice}");
    scenario.join();

    assertThat(ending[0]).isEqualTo(Ending.DONE);
    assertThat(machine.processes().processes())
        .extracting("name", "state")
        .contains(tuple("alice", "exited"), tuple("bob", "running"), tuple("carol", "running"));
  }

  @Test
  void anExpectationSpeaksOfTheLastStepAndRoundsAreCounted() throws Exception {
    Machine machine = started();
    assertThat(perform(machine, "expect: {notifierCalls: 0}").why())
        .isEqualTo("no step by hand is over that it could speak of");
    done(
        machine,
        "process: {name: alice, pages: 32}",
        "bind: {process: alice, " + BOTH + "}",
        "dma: {processes: [alice], " + BOTH + ", operations: 10, pages: 2}",
        "expect: {operations: {completed: 20, failed: 0}}",
        "munmap: {process: alice, page: 0, pages: 1}",
        "expect: {notifierCalls: 1, commands: {ATC_INV: 2}, pasids: {alice: bound}}",
        "expect: {notifierCalls: {release: 0}}");
    StepReport unmet = perform(machine, "expect: {commands: {ATC_INV: 3}, withinMillis: 0}");
    assertThat(unmet.state()).isEqualTo(State.FAILED);
    assertThat(unmet.why()).endsWith("(munmap alice 0): commands ATC_INV: 3 expected, 2 seen");
    done(
        machine,
        "repeat: {times: 3, steps: [{dma: {processes: [alice], devices: ['00:04.0'], operations: 2,"
            + " pages: 8}}, {expect: {operations: 2}}]}",
        "expect: {operations: 6}");
    StepReport round =
        perform(
            machine,
            "repeat: {times: 2, steps: [{age: {process: alice, page: 0, pages: 8}}, {expect:"
                + " {notifierCalls: {release: 1}, withinMillis: 0}}]}");
    assertThat(round.state()).isEqualTo(State.FAILED);
    assertThat(round.why()).contains("round 1 of 2: notifier calls release: 1 expected", "round 2");
    assertThat(perform(machine, "parallel: {branches: {a: [{verify: {process: alice}}]}}").why())
        .isEqualTo("step: parallel and at are for machine files; do their steps one by one");
    assertThat(
            perform(machine, "repeat: {times: 20000, steps: [{verify: {process: alice}}]}").why())
        .isEqualTo("step: more than 10000 steps; use fewer rounds");
    assertThat(machine.summary().verdict().expectations().unmet())
        .as("those by hand are nobody's verdict")
        .isZero();
    done(machine, "exit: {process: alice}");
  }
}

package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.record.EventKind;

/** Steps that speak of others or are made of others, as a file has them. */
class ControlRulesTest {
  private static final String STEPS =
      """
      machine: {name: x}
      devices: [{id: '00:04.0', model: dma}, {id: '00:05.0', model: dma}]
      scenario:
        steps:
          - process: {name: alice, pages: 8}
          - bind: {process: alice, devices: ['00:04.0']}
      """;

  private static final String STREAM =
      "- dma: {processes: [alice], devices: ['00:04.0'], operations: 1, pages: 2, background: s}\n";

  private static MachineConfig parse(String steps) throws ConfigException {
    return ConfigFile.parse("x.yaml", STEPS + steps.indent(4));
  }

  private static Step last(String steps) throws ConfigException {
    ScenarioConfig scenario = Objects.requireNonNull(parse(steps).scenario());
    return scenario.steps().get(scenario.steps().size() - 1);
  }

  static Stream<Arguments> badSteps() {
    return Stream.of(
        arguments(
            "- repeat:\n    times: 1\n    steps:\n      - expect: {notifierCalls: 1}\n",
            "x.yaml:10: scenario.steps[2].repeat.steps[0].expect: no step comes before that it could"
                + " speak of; put it after one"),
        arguments(
            "- expect: {}\n",
            "x.yaml:7: scenario.steps[2].expect: expects nothing; add notifierCalls, commands,"
                + " entriesDropped, operations, refused, pasids, violations or events"),
        arguments(
            "- expect: {notifierCalls: {all: {}}}\n",
            "x.yaml:7: scenario.steps[2].expect.notifierCalls.all: says no number; use a number, or"
                + " atLeast or atMost with one"),
        arguments(
            "- expect: {commands: {SYNC: {exactly: 1, atMost: 2}}}\n",
            "x.yaml:7: scenario.steps[2].expect.commands.SYNC: exactly goes without atLeast and"
                + " atMost; remove it, or remove them"),
        arguments(
            "- expect: {events: {ATC_INV: {atLeast: 3, atMost: 2}}}\n",
            "x.yaml:7: scenario.steps[2].expect.events.ATC_INV: no number is 3 to 2; use a smaller"
                + " atLeast"),
        arguments(
            "- expect: {commands: {SYNCH: 1}}\n",
            "x.yaml:7: scenario.steps[2].expect.commands.SYNCH: 'SYNCH' is not right; did you mean"
                + " SYNC?"),
        arguments(
            "- expect: {events: {pageRequests: 1}}\n",
            "x.yaml:7: scenario.steps[2].expect.events.pageRequests: 'pageRequests' is no event; did"
                + " you mean pageRequest?"),
        arguments(
            "- expect: {events: {taskRuns: 1}}\n",
            "x.yaml:7: scenario.steps[2].expect.events.taskRuns: 'taskRuns' is no event; use a kind"
                + " of event or an opcode, such as pageRequest or ATC_INV"),
        arguments(
            "- expect: {entriesDropped: {'00:06.0': 1}}\n",
            "x.yaml:7: scenario.steps[2].expect.entriesDropped.00:06.0: no device 00:06.0 is listed"
                + " under devices; there are 00:04.0, 00:05.0"),
        arguments(
            "- expect: {pasids: {bob: free}}\n",
            "x.yaml:7: scenario.steps[2].expect.pasids.bob: no process bob was started before; there"
                + " are alice"),
        arguments(
            "- expect: {operations: 1}\n",
            "x.yaml:7: scenario.steps[2].expect.operations: bind waits for no operation; put it"
                + " after a step dma or wait"),
        arguments(
            "- repeat: {times: 2, steps: [{verify: {process: alice}}]}\n- expect: {refused: x}\n",
            "x.yaml:8: scenario.steps[3].expect.refused: repeat is not refused as a whole; put it"
                + " after a step inside"),
        arguments(
            "- repeat: {times: 2, steps: [{process: {name: bob, pages: 1}}]}\n",
            "x.yaml:7: scenario.steps[2].repeat.steps[0].process.name: in the second round: a process"
                + " bob was started before; use another name"),
        arguments(
            "- repeat: {times: 1000000, steps: [{repeat: {times: 11, steps: [{verify: {process:"
                + " alice}}]}}]}\n",
            "x.yaml:4: scenario.steps: 11000002 steps are too many; use up to 10000000, those of"
                + " rounds included"),
        arguments(
            "- parallel: {branches: {a: [{kill: {process: alice}}], b: [{exit: {process:"
                + " alice}}]}}\n",
            "x.yaml:7: scenario.steps[2].parallel.branches.b: branch a is to end process alice, too;"
                + " remove it from one of them"),
        arguments(
            "- parallel: {branches: {a: [{unbind: {process: alice, device: '00:04.0'}}], b: [{unbind:"
                + " {process: alice, device: '00:04.0'}}]}}\n",
            "x.yaml:7: scenario.steps[2].parallel.branches.b: branch a is to unbind alice from"
                + " 00:04.0, too; remove it from one of them"),
        arguments(
            "- parallel: {branches: {a: [{detachDomain: {device: '00:04.0'}}], b: [{unplug: {device:"
                + " '00:04.0'}}]}}\n",
            "x.yaml:7: scenario.steps[2].parallel.branches.b: branch a is to take 00:04.0 away, too;"
                + " remove it from one of them"),
        arguments(
            "- parallel: {branches: {a: [{process: {name: bob, pages: 1}}, {exit: {process: bob}}], b:"
                + " [{fork: {process: alice, child: bob}}, {exit: {process: bob}}]}}\n",
            "x.yaml:7: scenario.steps[2].parallel.branches.b: branch a is to start process bob, too;"
                + " remove it from one of them"),
        arguments(
            STREAM
                + "- parallel: {branches: {a: [{wait: {background: s}}], b: [{wait: {background:"
                + " s}}]}}\n",
            "x.yaml:8: scenario.steps[3].parallel.branches.b: branch a is to wait for s, too; remove"
                + " it from one of them"),
        arguments(
            "- parallel: {branches: {a: [{exit: {process: alice}}], b: [{verify: {process:"
                + " alice}}]}}\n- verify: {process: alice}\n",
            "x.yaml:8: scenario.steps[3].verify.process: process alice ended in an earlier step;"
                + " there is none"),
        arguments(
            "- parallel: {branches: {}}\n",
            "x.yaml:7: scenario.steps[2].parallel.branches: the mapping is empty; use a mapping of"
                + " lower-case letters, digits and '-', such as alice-2 to a list of steps such as '-"
                + " verify: {process: alice}'"),
        arguments(
            "- parallel: {branches: {Up: [{verify: {process: alice}}]}}\n",
            "x.yaml:7: scenario.steps[2].parallel.branches.Up: 'Up' is not right; use lower-case"
                + " letters, digits and '-', such as alice-2"),
        arguments(
            "- at: {event: ATC_INV, steps: [{dma: {processes: [alice], devices: ['00:04.0'],"
                + " operations: 1, pages: 2, background: s}}]}\n",
            "x.yaml:7: scenario.steps[2].at.steps: nothing waits for s; add '- wait:"
                + " {background: s}' to these steps"),
        arguments(
            """
            - at: {event: ATC_INV, steps: [{fork: {process: alice, child: bob}}]}
            - process: {name: bob, pages: 1}
            """,
            "x.yaml:8: scenario.steps[3].process.name: a hook and others start process bob; use"
                + " another name"),
        arguments(
            "- at: {event: ATC_INV, nth: 0, steps: [{verify: {process: alice}}]}\n",
            "x.yaml:7: scenario.steps[2].at.nth: 0 is out of range; use 1 to 1000000"),
        arguments(
            "- at: {event: ATC_INV, steps: [{exit: {process: carol}}]}\n",
            "x.yaml:7: scenario.steps[2].at.steps[0].exit.process: no process carol was started"
                + " before; there are alice"));
  }

  @ParameterizedTest
  @MethodSource("badSteps")
  void saysWhatIsWrongAndWhatWouldBeRight(String steps, String sentence) {
    assertThatThrownBy(() -> parse(steps)).isInstanceOf(ConfigException.class).hasMessage(sentence);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A step that is refused has done nothing.
        "- exit: {process: alice}\n- expect: {refused: x}\n- verify: {process: alice}",
        // Each branch begins where the block does.
        "- parallel: {branches: {a: [{exit: {process: alice}}], b: [{munmap: {process: alice, page:"
            + " 0, pages: 1}}]}}",
        "- parallel: {branches: {a: [{bind: {process: alice, devices: ['00:05.0']}}], b: [{unbind:"
            + " {process: alice, device: '00:04.0'}}]}}\n"
            + "- unbind: {process: alice, device: '00:05.0'}",
        // What a hook does is nothing that a later step can count on.
        // Bound twice, as two of them bind.
        "- parallel: {branches: {a: [{bind: {process: alice, devices: ['00:05.0']}}], b: [{bind:"
            + " {process: alice, devices: ['00:05.0']}}]}}\n"
            + "- unbind: {process: alice, device: '00:05.0'}\n"
            + "- unbind: {process: alice, device: '00:05.0'}",
        "- at: {event: ATC_INV, steps: [{unbind: {process: alice, device: '00:04.0'}}]}\n"
            + "- unbind: {process: alice, device: '00:04.0'}",
        // A name is free again.
        "- repeat: {times: 9, steps: [{process: {name: bob, pages: 1}}, {exit: {process: bob}}]}"
      })
  void whatFitsIsAccepted(String steps) throws ConfigException {
    assertThat(parse(steps + "\n").scenario()).isNotNull();
  }

  @Test
  void aNumberIsExactlySoOften() throws ConfigException {
    Expect expect =
        (Expect)
            last(
                "- expect: {notifierCalls: 2, commands: {SYNC: {atMost: 3}, ATC_INV: 0x2}, pasids:"
                    + " {alice: bound}, events: {pageRequest: {atLeast: 1, atMost: 4}}}\n");
    ExpectedCount all = expect.notifierCalls() == null ? null : expect.notifierCalls().all();
    assertThat(all).isEqualTo(new ExpectedCount(2L, null, null));
    assertThat(expect.commands().keySet())
        .containsExactlyInAnyOrder(CommandOpcode.SYNC, CommandOpcode.ATC_INV);
    assertThat(expect.commands().get(CommandOpcode.ATC_INV))
        .hasToString("" + count(2L, null, null));
    assertThat(expect.pasids()).containsEntry("alice", Expect.PasidState.BOUND);
    assertThat(expect.events())
        .containsEntry(new EventName(EventKind.PAGE_REQUEST, null), count(null, 1L, 4L));
    assertThat(count(null, 1L, 4L).words()).isEqualTo("1 to 4");
    assertThat(expect.withinMillis()).isEqualTo(10_000);
  }

  private static ExpectedCount count(
      @Nullable Long exactly, @Nullable Long atLeast, @Nullable Long atMost) {
    return new ExpectedCount(exactly, atLeast, atMost);
  }

  @Test
  void aCountHoldsWithinItsBoundsAndNeverForWhatIsNotKnown() {
    assertThat(List.of(2L, 3L, 4L)).filteredOn(count(3L, null, null)::holds).containsExactly(3L);
    assertThat(List.of(2L, 3L, 4L))
        .filteredOn(count(null, 3L, null)::holds)
        .containsExactly(3L, 4L);
    assertThat(List.of(2L, 3L, 4L))
        .filteredOn(count(null, null, 3L)::holds)
        .containsExactly(2L, 3L);
    assertThat(count(null, null, 3L).holds(-1)).isFalse();
  }

  @Test
  void everyKindAndOpcodeIsANameOfAnEvent() {
    for (CommandOpcode opcode : CommandOpcode.values()) {
      EventName name = EventName.parse(opcode.name());
      assertThat(name.matches(EventKind.COMMAND, opcode.code())).isTrue();
      assertThat(name.matches(EventKind.SMMU_EVENT, opcode.code())).isFalse();
      assertThat(name).hasToString(opcode.name());
    }
    for (EventKind kind : EventKind.values()) {
      if (kind != EventKind.TASK_RUNS) {
        assertThat(EventName.parse(kind.spelled()).matches(kind, 0)).isTrue();
      }
    }
  }
}

package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps that cannot follow those before them. */
class ScenarioRulesTest {
  private static final String STEPS =
      """
      machine: {name: x}
      devices: [{id: '00:04.0', model: dma}, {id: '00:05.0', model: dma}]
      scenario:
        steps:
      """;

  /** A row each, as many as there are. */
  static Stream<Arguments> badSteps() {
    String alice = "    - process: {name: alice, pages: 8}\n";
    String bound = alice + "    - bind: {process: alice, devices: ['00:04.0']}\n";
    String dma = "    - dma: {processes: [alice], devices: ['00:04.0'], operations: 1, pages: 8";
    return Stream.of(
        arguments(
            "    - dmaa: {}\n",
            "x.yaml:5: scenario.steps[0].dmaa: unknown step; did you mean dma?"),
        arguments(
            "    - verify: {process: bob}\n",
            "x.yaml:5: scenario.steps[0].verify.process: no process bob was started before; there"
                + " is none"),
        arguments(
            alice + "    - exit: {process: alice}\n    - verify: {process: alice}\n",
            "x.yaml:7: scenario.steps[2].verify.process: process alice ended in an earlier step;"
                + " there is none"),
        arguments(
            alice + alice,
            "x.yaml:6: scenario.steps[1].process.name: a process alice was started before; use"
                + " another name"),
        arguments(
            alice + "    - bind: {process: alice, devices: ['00:06.0']}\n",
            "x.yaml:6: scenario.steps[1].bind.devices[0]: no device 00:06.0 is listed under"
                + " devices; there are 00:04.0, 00:05.0"),
        arguments(
            alice + dma + "}\n",
            "x.yaml:6: scenario.steps[1].dma.devices[0]: alice is not bound to 00:04.0; add '-"
                + " bind: {process: alice, devices: ['00:04.0']}' before"),
        arguments(
            bound + dma + ", page: 1}\n",
            "x.yaml:7: scenario.steps[2].dma.pages: pages 1 to 8 are outside the buffer of alice;"
                + " use pages 0 to 7, or start alice with more"),
        arguments(
            bound + dma + ", bytes: 16392}\n",
            "x.yaml:7: scenario.steps[2].dma.bytes: 16392 bytes are more than half the working set;"
                + " use 16384 or less"),
        arguments(
            bound + dma + ", background: b}\n",
            "x.yaml:7: scenario.steps[2].dma.background: nothing waits for stream b; add '- wait:"
                + " {background: b}'"),
        arguments(
            bound + dma + ", background: b}\n" + dma + "}\n    - wait: {background: b}\n",
            "x.yaml:8: scenario.steps[3].dma.processes[0]: stream b still works on alice; add '-"
                + " wait: {background: b}' before"),
        arguments(
            "    - wait: {background: b}\n",
            "x.yaml:5: scenario.steps[0].wait.background: no stream b is in the background; there"
                + " is none"),
        arguments(
            bound + "    - unbind: {process: alice, device: '00:04.0'}\n" + dma + "}\n",
            "x.yaml:8: scenario.steps[3].dma.devices[0]: alice is not bound to 00:04.0; add '-"
                + " bind: {process: alice, devices: ['00:04.0']}' before"),
        arguments(
            bound + "    - unbindWhileBusy: {process: alice, device: '00:04.0'}\n",
            "x.yaml:7: scenario.steps[2].unbindWhileBusy.process: 00:04.0 does not work for alice;"
                + " add a dma step with 'background' before"),
        arguments(
            bound + "    - detachDomain: {device: '00:04.0'}\n" + dma + "}\n",
            "x.yaml:8: scenario.steps[3].dma.devices[0]: 00:04.0 was detached by an earlier step;"
                + " use another device"),
        arguments(
            bound + "    - unplug: {device: '00:04.0'}\n" + dma + "}\n",
            "x.yaml:8: scenario.steps[3].dma.devices[0]: 00:04.0 was unplugged by an earlier step;"
                + " use another device"),
        arguments(
            "    - inject: {nth: 2}\n",
            "x.yaml:5: scenario.steps[0].inject: give one of drop, duplicate and delay: command,"
                + " packet or completion"),
        arguments(
            "    - inject: {drop: packet, duplicate: packet}\n",
            "x.yaml:5: scenario.steps[0].inject: give one of drop, duplicate and delay: command,"
                + " packet or completion"),
        arguments(
            "    - inject: {delay: packet}\n",
            "x.yaml:5: scenario.steps[0].inject.micros: missing; a delay needs it, such as micros:"
                + " 1000"),
        arguments(
            "    - inject: {drop: packet, micros: 9}\n",
            "x.yaml:5: scenario.steps[0].inject.micros: goes with delay only; remove it"),
        arguments(
            "    - inject: {drop: command, device: '00:04.0'}\n",
            "x.yaml:5: scenario.steps[0].inject.device: the command queue is that of all devices;"
                + " remove it"),
        arguments(
            "    - inject: {drop: packet, device: '00:06.0'}\n",
            "x.yaml:5: scenario.steps[0].inject.device: no device 00:06.0 is listed under devices;"
                + " there are 00:04.0, 00:05.0"),
        arguments(
            "    - inject: {drop: wire}\n",
            "x.yaml:5: scenario.steps[0].inject.drop: 'wire' is not right; use command, packet or"
                + " completion"),
        arguments(
            bound + "    - bind: {process: alice, devices: ['00:04.0']}\n",
            "x.yaml:7: scenario.steps[2].bind.devices[0]: alice is bound to 00:04.0 already; remove"
                + " it"));
  }

  @ParameterizedTest
  @MethodSource("badSteps")
  void followsNamesThroughTheScenario(String steps, String sentence) {
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", STEPS + steps))
        .isInstanceOf(ConfigException.class)
        .hasMessage(sentence);
  }

  @Test
  void givesEachBoundProcessAQueue() {
    StringBuilder steps = new StringBuilder(STEPS);
    for (String name : List.of("a", "b", "c")) {
      steps.append("    - process: {name: ").append(name).append(", pages: 8}\n");
      steps.append("    - bind: {process: ").append(name).append(", devices: ['00:04.0']}\n");
    }
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", steps.toString()))
        .hasMessage(
            "x.yaml:10: scenario.steps[5].bind.devices[0]: 00:04.0 has a queue for each of 2"
                + " processes; raise its queues to 3");
  }

  @Test
  void proposesNoMoreQueuesThanADeviceCanHave() {
    StringBuilder steps =
        new StringBuilder(
            STEPS.replace("'00:04.0', model: dma", "'00:04.0', model: dma, queues: 4096"));
    for (int i = 0; i <= 4096; i++) {
      String name = "p" + i;
      steps.append("    - process: {name: ").append(name).append(", pages: 8}\n");
      steps.append("    - bind: {process: ").append(name).append(", devices: ['00:04.0']}\n");
    }
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", steps.toString()))
        .hasMessage(
            "x.yaml:8198: scenario.steps[8193].bind.devices[0]: 00:04.0 has a queue for each of 4096"
                + " processes; bind others to another device");
  }
}

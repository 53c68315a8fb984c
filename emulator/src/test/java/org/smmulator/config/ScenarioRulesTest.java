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
            "x.yaml:5: scenario.steps[0].wait.background: no stream or program b is in the background; there"
                + " is none"),
        arguments(
            bound + "    - program: {process: bob, name: x}\n",
            "x.yaml:7: scenario.steps[2].program.process: no process bob was started before; there"
                + " are alice"),
        arguments(
            bound + "    - program: {process: alice, name: x, background: b}\n",
            "x.yaml:7: scenario.steps[2].program.background: nothing waits for program b; add '-"
                + " wait: {background: b}'"),
        arguments(
            bound
                + dma
                + ", background: b}\n    - program: {process: alice, name: x, background: b}\n"
                + "    - wait: {background: b}\n",
            "x.yaml:8: scenario.steps[3].program.background: b is in the background already; use"
                + " another name"),
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
            alice + "    - store: {process: alice, page: 8, value: 1}\n",
            "x.yaml:6: scenario.steps[1].store.page: page 8 is outside the buffer of alice; use 0 to"
                + " 7, or start alice with more"),
        arguments(
            alice + "    - store: {process: alice, page: 1, offset: 12, value: 1}\n",
            "x.yaml:6: scenario.steps[1].store.offset: 0xc is not a multiple of 8; use 0x8"),
        arguments(
            alice + "    - load: {process: alice, page: 1, value: 1, segv: true}\n",
            "x.yaml:6: scenario.steps[1].load.segv: goes without value; remove one of them"),
        arguments(
            alice + "    - load: {process: bob, page: 1}\n",
            "x.yaml:6: scenario.steps[1].load.process: no process bob was started before; there are"
                + " alice"),
        arguments(
            alice + "    - dontNeed: {process: alice, page: 5, pages: 4}\n",
            "x.yaml:6: scenario.steps[1].dontNeed.pages: pages 5 to 8 are outside the buffer of"
                + " alice; use pages 0 to 7, or start alice with more"),
        arguments(
            "    - barRead: {device: '00:04.0', offset: 6}\n",
            "x.yaml:5: scenario.steps[0].barRead.offset: 0x6 is not a multiple of 4; use 0x4"),
        arguments(
            "    - barRead: {device: '00:04.0', offset: 0, bytes: 3}\n",
            "x.yaml:5: scenario.steps[0].barRead.bytes: 3 is out of range; use 1, 2, 4 or 8 bytes"),
        arguments(
            "    - barRead: {device: '00:04.0', offset: 0, bar: 6}\n",
            "x.yaml:5: scenario.steps[0].barRead.bar: 6 is out of range; use 0 to 5"),
        arguments(
            "    - barWrite: {device: '00:04.0', offset: 0, bytes: 1, value: 256}\n",
            "x.yaml:5: scenario.steps[0].barWrite.value: 0x100 does not fit into the register (bytes:"
                + " 1); use 0xff or less, or more bytes"),
        arguments(
            "    - barWrite: {device: '00:04.0', process: bob, offset: 0, value: 1}\n",
            "x.yaml:5: scenario.steps[0].barWrite.process: no process bob was started before; there"
                + " is none"),
        arguments(
            "    - unplug: {device: '00:04.0'}\n    - barRead: {device: '00:04.0', offset: 0}\n",
            "x.yaml:6: scenario.steps[1].barRead.device: 00:04.0 was unplugged by an earlier step;"
                + " use another device"),
        arguments(
            "    - detachDomain: {device: '00:04.0'}\n    - awaitInterrupt: {device: '00:04.0'}\n",
            "x.yaml:6: scenario.steps[1].awaitInterrupt.device: 00:04.0 was detached by an earlier"
                + " step; use another device"),
        arguments(
            "    - awaitInterrupt: {device: '00:04.0', vector: 2048}\n",
            "x.yaml:5: scenario.steps[0].awaitInterrupt.vector: 2048 is out of range; use 0 to"
                + " 2047"),
        arguments(
            "    - mmExit: {device: '00:04.0', missing: true, sleeps: 5}\n",
            "x.yaml:5: scenario.steps[0].mmExit.missing: goes without returns and sleeps; remove"
                + " them"),
        arguments(
            "    - reset: {device: '00:06.0'}\n",
            "x.yaml:5: scenario.steps[0].reset.device: no device 00:06.0 is listed under devices;"
                + " there are 00:04.0, 00:05.0"),
        arguments(
            bound + "    - reset: {device: '00:04.0'}\n" + dma + "}\n",
            "x.yaml:8: scenario.steps[3].dma.devices[0]: alice is not bound to 00:04.0; add '-"
                + " bind: {process: alice, devices: ['00:04.0']}' before"));
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
  void aSecondBindTakesAQueueAndAnUnbind() throws Exception {
    String bind = "    - bind: {process: alice, devices: ['00:04.0']}\n";
    String unbind = "    - unbind: {process: alice, device: '00:04.0'}\n";
    String twice = STEPS + "    - process: {name: alice, pages: 8}\n" + bind + bind;
    ConfigFile.parse("x.yaml", twice + unbind + unbind);
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", twice + bind))
        .hasMessageContaining("steps[3].bind.devices[0]: 00:04.0 has a queue for each of 2");
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", twice + unbind + unbind + unbind))
        .hasMessageContaining("steps[5].unbind.device: alice is not bound to 00:04.0");
  }

  /** What a reset gives back: a device that was detached, or is cut off. */
  @Test
  void aDeviceThatWasDetachedCanBeResetAndBound() throws Exception {
    ConfigFile.parse(
        "x.yaml",
        STEPS
            + "    - process: {name: alice, pages: 8}\n"
            + "    - detachDomain: {device: '00:04.0'}\n"
            + "    - reset: {device: '00:04.0'}\n"
            + "    - bind: {process: alice, devices: ['00:04.0']}\n");
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

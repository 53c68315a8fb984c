package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Machine files whose steps could never be done, whatever devices and SMMU did. */
class SharingRulesTest {
  private static final String PROCESS = "scenario:\n  steps:\n    - process: {name: p, pages: 8}\n";
  private static final String BIND =
      PROCESS + "    - bind: {process: p, devices: ['00:04.0', '00:05.0']}\n";

  private static String file(String smmu, String firstDevice, String scenario) {
    return "machine: {name: x}\n"
        + "smmu: {"
        + smmu
        + "}\n"
        + "devices:\n"
        + "  - {id: '00:04.0', model: dma, "
        + firstDevice
        + "}\n"
        + "  - {id: '00:05.0', model: dma}\n"
        + "  - {id: '00:06.0', model: dma}\n"
        + scenario;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "tlbWays: 4 | pri: 0 | x.yaml:4: devices[0].pri: scenario.steps[1].bind shares memory with"
            + " 00:04.0, which needs page requests for pages that are not present; use 1 or more",
        "priQueueLog2: 1 | pri: 1 | x.yaml:2: smmu.priQueueLog2: a queue of 2 is too short for one"
            + " page request of each of 3 devices; use 2 or more",
        "without: [PRI, PPS] | pri: 1 | x.yaml:2: smmu: scenario.steps[1].bind shares memory, which"
            + " needs the feature PRI; add it",
        "substreamIdBits: 0 | pri: 1 | x.yaml:2: smmu.substreamIdBits: scenario.steps[1].bind"
            + " shares memory, which needs PASIDs; use 1 or more"
      })
  void refusesABindThatCannotWork(String smmu, String device, String sentence) {
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", file(smmu, device, BIND)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(sentence);
  }

  @Test
  void refusesABindWithoutMmuNotifiersAndTakesAMachineWhereNobodyIsBound() {
    String without = "guest: {mmuNotifier: false}\n";
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", without + file("", "pri: 1", BIND)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "x.yaml:1: guest.mmuNotifier: SVA needs MMU notifiers, and scenario.steps[1] binds;"
                + " use true, or remove the step");
    assertThatCode(() -> ConfigFile.parse("x.yaml", without + file("", "pri: 1", PROCESS)))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "priQueueLog2: 2 | pri: 1",
        "priQueueLog2: 1 | queues: 1, pri: 1",
        "without: [PRI, PPS] | pri: 0"
      })
  void takesSuchDevicesWhereNobodyIsBound(String smmu, String device) {
    assertThatCode(() -> ConfigFile.parse("x.yaml", file(smmu, device, PROCESS)))
        .doesNotThrowAnyException();
  }

  @Test
  void aQueueWithOneRequestForEachDeviceIsEnough() {
    assertThatCode(() -> ConfigFile.parse("x.yaml", file("priQueueLog2: 2", "pri: 1", BIND)))
        .doesNotThrowAnyException();
  }

  @Test
  void anUnboundDeviceNeedsNoPageRequests() {
    String unbound = PROCESS + "    - bind: {process: p, devices: ['00:05.0']}\n";
    assertThatCode(() -> ConfigFile.parse("x.yaml", file("priQueueLog2: 1", "pri: 0", unbound)))
        .doesNotThrowAnyException();
  }
}

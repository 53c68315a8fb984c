package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceConfigTest {
  @Test
  void modelsOfAnExternalGuestAreNamedAsInQemu() throws ConfigException {
    MachineConfig config =
        ConfigFile.parse(
            "x.yaml",
            """
            machine: {name: x}
            guest: external
            devices:
              - {id: '00:04.0', model: edu, dmaMaskBits: 40}
              - {id: '00:05.0', model: iommu-testdev}
              - {id: '00:06.0', model: edu, dmaMaskBits: 64}
            """);

    assertThat(config.devices())
        .extracting(DeviceConfig::label)
        .containsExactly("edu@00:04.0", "iommu-testdev@00:05.0", "edu@00:06.0");
    assertThat(config.devices())
        .extracting(DeviceConfig::model)
        .containsExactly(
            new ModelChoice("edu", Map.of("dmaMaskBits", 40L)),
            new ModelChoice("iommu-testdev", Map.of()),
            new ModelChoice("edu", Map.of("dmaMaskBits", 64L)));
  }

  @Test
  void theBuiltInKernelHasADriverForWhateverModel() throws ConfigException {
    String yaml = "machine: {name: x}\ndevices: [{id: '00:04.0', model: %s}]\n";

    assertThat(ConfigFile.parse("x.yaml", yaml.formatted("edu")).devices()).hasSize(1);
    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", yaml.formatted("iommu-testdev")))
        .hasMessage(
            "x.yaml:2: devices[0].model: an iommu-testdev reads memory past the SMMU, which only a"
                + " program of yours has it do; use another model, or guest: external");
  }

  @Test
  void stepsThatNeedQueuesAreRefusedForAModelWithout() {
    assertThatThrownBy(
            () ->
                ConfigFile.parse(
                    "x.yaml",
                    """
                    machine: {name: x}
                    devices: [{id: '00:04.0', model: edu}]
                    scenario:
                      steps:
                        - process: {name: alice, pages: 1}
                        - bind: {process: alice, devices: ['00:04.0']}
                    """))
        .hasMessage(
            "x.yaml:6: scenario.steps[1].bind.devices[0]: 00:04.0 is no dma engine; bind one");
  }

  @Test
  void aMachineIsWrittenOutWithTheOptionsOfItsModels() throws ConfigException {
    MachineConfig config =
        ConfigFile.parse(
            "x.yaml",
            """
            machine: {name: x}
            devices:
              - {id: '00:04.0', model: dma, queues: 0x10}
              - {id: '00:05.0', model: edu}
            """);

    String written = MachineYaml.write(config);
    assertThat(written).contains("queues: 16\n", "pri: 32\n", "dmaMaskBits: 28\n");
    assertThat(ConfigFile.parse("y.yaml", written)).isEqualTo(config);
  }

  @Test
  void aFunctionThatStallsNeedsAnSmmuThatDoes() {
    String device = "devices: [{id: '00:04.0', model: dma, stall: true}]\n";

    assertThatThrownBy(
            () ->
                ConfigFile.parse(
                    "x.yaml",
                    "machine: {name: x}\nguest: external\nsmmu: {stallModel: terminate-only}\n"
                        + device))
        .hasMessage(
            "x.yaml:4: devices[0].stall: with smmu.stallModel terminate-only nothing stalls; use"
                + " configurable, or remove it");
  }

  @Test
  void aFunctionThatStallsIsNamedAsADepartureFromTheArchitecture() throws Exception {
    MachineConfig config =
        ConfigFile.parse(
            "x.yaml",
            """
            machine: {name: x}
            guest: external
            devices:
              - {id: '00:04.0', model: dma}
              - {id: '00:05.0', model: dma, stall: true}
            """);

    assertThat(config.smmuFeatures().stallingFunctions()).containsExactly(0x28);
    assertThat(Departures.of(config))
        .containsExactly(
            "devices[1].stall: departs from the architecture: PCIe streams must not stall (IHI"
                + " 0070 3.12.2), and here later requests pass those that are stalled");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: edu, record: f | devices[0].record: an edu has no ATC; remove it, or use model dma",
        "model: iommu-testdev, sabotage: keep-invalidated | devices[0].sabotage: an iommu-testdev"
            + " has no ATC; remove it, or use model dma",
        "model: edu, dmaMaskBits: 65 | devices[0].dmaMaskBits: 65 is out of range; use 0 to 64"
            + " bits",
        "model: dma, stall: true, record: f | devices[0].record: a device with stall has no ATC;"
            + " remove it, or remove stall",
        "model: dma, stall: true, sabotage: keep-invalidated | devices[0].sabotage: a device with"
            + " stall has no ATC; remove it, or remove stall",
        "model: iommu-testdev, stall: true | devices[0].stall: an iommu-testdev looks into memory"
            + " behind its write at once; remove it, or use another model",
        "model: ed | devices[0].model: 'ed' is not right; did you mean edu?",
        "model: edu, queues: 4 | devices[0].queues: an option of dma, and the model is edu; remove it",
        "model: dma, queus: 4 | devices[0].queus: unknown key; did you mean queues?",
        "model: dma, queues: 0 | devices[0].queues: 0 is out of range; use 1 to 4096 queues",
        "model: dma, queues: many | devices[0].queues: 'many' is not a whole number; use 1 to 4096"
            + " queues",
        "model: dma, pri: 1.5 | devices[0].pri: 1.5 is not a whole number; use 0 to 256 page requests",
        "model: dma, pri: 99999999999999999999 | devices[0].pri: 99999999999999999999 is out of range;"
            + " use 0 to 256 page requests",
        "model: dma, pri: null | devices[0].pri: has no value; use 0 to 256 page requests"
      })
  void saysWhatADeviceCannotHave(String keys, String sentence) {
    String yaml = "machine: {name: x}\nguest: external\ndevices: [{id: '00:04.0', " + keys + "}]\n";

    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", yaml)).hasMessage("x.yaml:3: " + sentence);
  }
}

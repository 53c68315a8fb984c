package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        .extracting(DeviceConfig::dmaMask)
        .containsExactly(0xFF_FFFF_FFFFL, 0xFFF_FFFFL, -1L);
  }

  @Test
  void theBuiltInKernelDrivesDmaOnly() {
    String yaml = "machine: {name: x}\ndevices: [{id: '00:04.0', model: edu}]\n";

    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", yaml))
        .hasMessage(
            "x.yaml:2: devices[0].model: the built-in kernel has no driver for edu; use dma, or"
                + " guest: external");
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
        "model: ed | devices[0].model: 'ed' is not right; did you mean edu?"
      })
  void saysWhatADeviceCannotHave(String keys, String sentence) {
    String yaml = "machine: {name: x}\nguest: external\ndevices: [{id: '00:04.0', " + keys + "}]\n";

    assertThatThrownBy(() -> ConfigFile.parse("x.yaml", yaml)).hasMessage("x.yaml:3: " + sentence);
  }
}

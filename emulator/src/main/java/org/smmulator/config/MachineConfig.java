package org.smmulator.config;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.smmu.feature.SmmuFeatures;

/** One machine file. */
public record MachineConfig(
    @Key(meaning = "The machine's name and memory.") BoardConfig machine,
    @Key(meaning = "The SMMU: caches, queues, identifier and address widths.", fallback = "{}")
        SmmuConfig smmu,
    @Key(meaning = "The PCIe bus that devices plug into over sockets.", fallback = "{}")
        BusConfig bus,
    @Key(meaning = "The HTTP server for metrics, summary and live page.", fallback = "{}")
        HttpConfig http,
    @Key(
            meaning = "What runs on the machine: the guest kernel, or a program of yours.",
            fallback = "{}")
        GuestConfig guest,
    @Key(meaning = "Devices that the machine plugs in by itself.", fallback = "[]")
        List<DeviceConfig> devices,
    @Key(meaning = "How long things take in a simulated run.", fallback = "{}")
        SimulationConfig simulation,
    @Key(meaning = "Bugs planted in the machine, to see the checks find them.", fallback = "{}")
        SabotageConfig sabotage,
    @Key(
            meaning =
                "What guest processes and devices do; without it the machine waits for devices.",
            nullable = true)
        @Nullable ScenarioConfig scenario) {

  public MachineConfig {
    devices = List.copyOf(devices);
  }

  /**
   * The SMMU of this machine: what its section says, and which functions may stall.
   *
   * @throws IllegalArgumentException with a sentence, if its features do not go together
   */
  public SmmuFeatures smmuFeatures() {
    Set<Integer> streams =
        stalling().stream().map(PciAddress::requesterId).collect(Collectors.toSet());
    return smmu.toFeatures().change(f -> f.stallingFunctions(streams));
  }

  /** Functions whose faults may stall, as firmware tells a guest. */
  public Set<PciAddress> stalling() {
    return devices.stream()
        .filter(DeviceConfig::stall)
        .map(DeviceConfig::id)
        .collect(Collectors.toSet());
  }

  /** The same machine with another seed for its address streams. */
  public MachineConfig withSeed(long seed) {
    ScenarioConfig seeded = scenario == null ? null : scenario.withSeed(seed);
    return new MachineConfig(
        machine, smmu, bus, http, guest, devices, simulation, sabotage, seeded);
  }

  /** The same machine with other times in a simulated run. */
  public MachineConfig withSimulation(SimulationConfig times) {
    return new MachineConfig(machine, smmu, bus, http, guest, devices, times, sabotage, scenario);
  }

  /** The same machine with its guest port elsewhere. */
  public MachineConfig withGuestPort(PortAddress port) {
    return new MachineConfig(
        machine, smmu, bus, http, guest.withPort(port), devices, simulation, sabotage, scenario);
  }
}

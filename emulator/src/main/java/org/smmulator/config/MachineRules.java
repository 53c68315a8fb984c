package org.smmulator.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.device.KnownType;
import org.smmulator.smmu.feature.SmmuFeatures;

/** Rules between keys of a machine file: memory map, addresses, identifiers. */
final class MachineRules {
  private static final String NO_ATC_WITH_STALL =
      "a device with stall has no ATC; remove it, or remove stall";

  private final Problems problems;

  MachineRules(Problems problems) {
    this.problems = problems;
  }

  void check(MachineConfig config) {
    memory(config.machine(), config.smmu());
    smmu(config.smmu());
    listeners(config);
    exposures(config);
    buses(config.bus(), config.smmu());
    devices(config.devices(), config.bus());
    platformStreams(config);
    models(config);
    stalls(config);
    guest(config);
    if (config.scenario() != null) {
      new ScenarioRules(problems, config).check(config.scenario().steps());
      new SharingRules(problems, config).check(config.scenario().steps());
    }
  }

  private void memory(BoardConfig board, SmmuConfig smmu) {
    int needed = Long.SIZE - Long.numberOfLeadingZeros(MemoryMap.RAM + board.ramBytes() - 1);
    if (smmu.outputAddressBits() < needed) {
      problems.add(
          "smmu.outputAddressBits",
          smmu.outputAddressBits()
              + " bits do not reach the end of "
              + board.ramMiB()
              + " MiB of RAM from 0x"
              + Long.toHexString(MemoryMap.RAM)
              + "; use at least "
              + needed
              + " bits, or less RAM");
    }
  }

  private void smmu(SmmuConfig smmu) {
    if (smmu.tlbEntries() != SmmuFeatures.Caches.INFINITE && smmu.tlbWays() > smmu.tlbEntries()) {
      problems.add(
          "smmu.tlbWays",
          smmu.tlbWays()
              + " ways are more than the "
              + smmu.tlbEntries()
              + " entries of the TLB; use "
              + smmu.tlbEntries()
              + " or less");
      return;
    }
    try {
      SmmuFeatures unused = smmu.toFeatures();
    } catch (IllegalArgumentException e) {
      problems.add("smmu", Objects.requireNonNull(e.getMessage()));
    }
  }

  private void guest(MachineConfig config) {
    if (config.guest().isExternal() && config.scenario() != null) {
      problems.add(
          "scenario",
          "an external guest has no processes to run it; remove it, or use guest: built-in");
    }
    if (config.guest().kind() == GuestConfig.Kind.VFIO_USER) {
      new VfioUserRules(problems).check(config);
    }
    if (config.scenario() != null && !config.guest().mmuNotifier()) {
      notifiers(config.scenario().steps());
    }
  }

  private void notifiers(List<Step> steps) {
    List<String> bind = new ArrayList<>();
    NestedSteps.each(
        steps,
        "scenario.steps",
        (step, path) -> {
          if (step instanceof Step.Bind) {
            bind.add(path.substring(0, path.lastIndexOf('.')));
          }
        });
    if (!bind.isEmpty()) {
      problems.add(
          "guest.mmuNotifier",
          "SVA needs MMU notifiers, and " + bind.get(0) + " binds; use true, or remove the step");
    }
  }

  private void listeners(MachineConfig config) {
    Map<String, String> taken = new HashMap<>();
    List<String> bus = config.bus().listen();
    for (int i = 0; i < bus.size(); i++) {
      claim(taken, bus.get(i), Problems.element("bus.listen", i));
    }
    if (config.http().listen() != null) {
      claim(taken, config.http().listen(), "http.listen");
    }
    if (config.guest().isAtPort() && config.guest().port().server()) {
      claim(taken, config.guest().port().socket().toString(), "guest.port");
    }
  }

  private void exposures(MachineConfig config) {
    if (!config.machine().exposed()) {
      Exposure.of(config).forEach(each -> problems.add(each.key(), each.refusal()));
    }
  }

  /** Two listeners overlap on the same port of the same host, or of any host. */
  private void claim(Map<String, String> taken, String address, String path) {
    int colon = address.lastIndexOf(':');
    boolean unix = address.startsWith("unix:");
    if (!unix && Integer.parseInt(address.substring(colon + 1)) == 0) {
      return;
    }
    for (Map.Entry<String, String> other : taken.entrySet()) {
      if (overlap(address, other.getKey())) {
        problems.add(
            path, address + " overlaps " + other.getValue() + "; use another port or path");
      }
    }
    taken.put(address, path);
  }

  private static boolean overlap(String a, String b) {
    if (a.startsWith("unix:") || b.startsWith("unix:")) {
      return a.equals(b);
    }
    String hostA = host(a);
    String hostB = host(b);
    boolean samePort = port(a) == port(b);
    return samePort && (hostA.equals(hostB) || isAnyHost(hostA) || isAnyHost(hostB));
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private static String host(String address) {
    String host = address.substring(0, address.lastIndexOf(':'));
    return host.equals("localhost") ? "127.0.0.1" : host;
  }

  private static boolean isAnyHost(String host) {
    return host.equals("0.0.0.0") || host.equals("[::]");
  }

  private void buses(BusConfig bus, SmmuConfig smmu) {
    int needed = Integer.SIZE - Integer.numberOfLeadingZeros((bus.rootBuses() << 8) - 1);
    if (bus.rootBuses() > 1 && smmu.streamIdBits() < needed) {
      problems.add(
          "bus.rootBuses",
          String.format(
              "functions of %d buses have StreamIDs of %d bits; use smmu.streamIdBits %d or more, or"
                  + " fewer buses",
              bus.rootBuses(), needed, needed));
    }
  }

  private void devices(List<DeviceConfig> devices, BusConfig bus) {
    if (devices.size() > bus.maxDevices()) {
      problems.add(
          "devices",
          devices.size()
              + " devices are more than bus.maxDevices ("
              + bus.maxDevices()
              + "); raise it or remove devices");
    }
    Map<PciAddress, String> ids = new HashMap<>();
    Map<String, String> records = new HashMap<>();
    for (int i = 0; i < devices.size(); i++) {
      String path = Problems.element("devices", i);
      DeviceConfig device = devices.get(i);
      slot(device.id(), path + ".id", bus);
      String first = ids.putIfAbsent(device.id(), path);
      if (first != null) {
        problems.add(
            path + ".id", device.id() + " is already the id of " + first + "; use another");
      }
      String recorded = device.record() == null ? null : records.putIfAbsent(device.record(), path);
      if (recorded != null) {
        problems.add(
            path + ".record",
            device.record() + " is already written by " + recorded + "; use another");
      }
    }
  }

  /** Nobody would hold back what a function sends there. */
  private void platformStreams(MachineConfig config) {
    List<Long> streams = config.smmu().platformStreams();
    for (int i = 0; i < config.devices().size(); i++) {
      PciAddress id = config.devices().get(i).id();
      int stream = streams.indexOf((long) id.requesterId());
      if (stream >= 0) {
        problems.add(
            Problems.element("smmu.platformStreams", stream),
            String.format(
                "%d is the StreamID of %s (%s), which is on PCIe; remove it, or use another slot; a"
                    + " function that is to stall has devices[].stall",
                id.requesterId(), Problems.element("devices", i), id));
      }
    }
  }

  private void models(MachineConfig config) {
    for (int i = 0; i < config.devices().size(); i++) {
      DeviceConfig device = config.devices().get(i);
      String path = Problems.element("devices", i);
      KnownType type = device.model().type();
      if (type.needsSystemMemory() && !config.guest().isExternal()) {
        problems.add(
            path + ".model",
            a(device)
                + " reads memory past the SMMU, which only a program of yours has it do; use"
                + " another model, or guest: external");
      }
      if (!type.hasAtc() && device.record() != null) {
        problems.add(path + ".record", noAtc(device));
      }
      if (!type.hasAtc() && device.sabotage() != null) {
        problems.add(path + ".sabotage", noAtc(device));
      }
    }
  }

  private void stalls(MachineConfig config) {
    for (int i = 0; i < config.devices().size(); i++) {
      DeviceConfig device = config.devices().get(i);
      String path = Problems.element("devices", i);
      if (!device.stall()) {
        continue;
      }
      if (config.smmu().stallModel() == SmmuConfig.Stalls.TERMINATE_ONLY) {
        problems.add(
            path + ".stall",
            "with smmu.stallModel terminate-only nothing stalls; use configurable, or remove it");
      }
      if (device.model().type().needsSystemMemory()) {
        problems.add(
            path + ".stall",
            a(device)
                + " looks into memory behind its write at once; remove it, or use another model");
      }
      if (device.record() != null) {
        problems.add(path + ".record", NO_ATC_WITH_STALL);
      }
      if (device.sabotage() != null) {
        problems.add(path + ".sabotage", NO_ATC_WITH_STALL);
      }
    }
  }

  private static String noAtc(DeviceConfig device) {
    return a(device) + " has no ATC; remove it, or use model dma";
  }

  private static String a(DeviceConfig device) {
    String name = device.model().name();
    return ("aeiou".indexOf(name.charAt(0)) < 0 ? "a " : "an ") + name;
  }

  private void slot(PciAddress id, String path, BusConfig bus) {
    if (id.bus() >= bus.rootBuses() || id.device() == 0 || id.function() != 0) {
      String last = String.format("%02x:1f", bus.rootBuses() - 1);
      problems.add(
          path,
          bus.rootBuses() == 1
              ? id
                  + " is not a slot of the root bus; use function 0 of 00:01 to 00:1f, such as 00:04.0"
              : id
                  + " is not a slot of a root bus; use function 0 of devices 01 to 1f, from 00:01 to "
                  + last);
    }
  }
}

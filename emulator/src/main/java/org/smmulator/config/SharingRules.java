package org.smmulator.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * What must be there for the steps {@code bind}: a process shares its memory with a device through
 * a PASID, and pages that are not present are asked for by page requests of PCIe.
 */
final class SharingRules {
  private final Problems problems;
  private final MachineConfig config;

  SharingRules(Problems problems, MachineConfig config) {
    this.problems = problems;
    this.config = config;
  }

  /** Each device that a step binds, by the first such step. */
  void check(List<Step> steps) {
    Map<PciAddress, String> bound = new HashMap<>();
    NestedSteps.each(
        steps,
        "scenario.steps",
        (step, path) -> {
          if (step instanceof Step.Bind bind) {
            bind.devices().forEach(id -> bound.putIfAbsent(id, path));
          }
        });
    if (!bound.isEmpty()) {
      devices(bound);
      smmu(bound.values().stream().sorted().findFirst().orElseThrow());
    }
  }

  private void devices(Map<PciAddress, String> bound) {
    int requesters = 0;
    for (int i = 0; i < config.devices().size(); i++) {
      DeviceConfig device = config.devices().get(i);
      String path = bound.get(device.id());
      requesters += device.pri() > 0 ? 1 : 0;
      if (device.pri() == 0 && device.queues() > 0 && path != null) {
        problems.add(
            Problems.element("devices", i) + ".pri",
            path
                + " shares memory with "
                + device.id()
                + ", which needs page requests for pages that are not present; use 1 or more");
      }
    }
    int log2 = config.smmu().priQueueLog2();
    if (requesters > 1 << log2) {
      problems.add(
          "smmu.priQueueLog2",
          String.format(
              "a queue of %d is too short for one page request of each of %d devices; use %d or"
                  + " more",
              1 << log2, requesters, Integer.SIZE - Integer.numberOfLeadingZeros(requesters - 1)));
    }
  }

  private void smmu(String path) {
    SmmuFeatures features;
    try {
      features = config.smmu().toFeatures();
    } catch (IllegalArgumentException e) {
      return; // refused as such
    }
    for (Feature needed : List.of(Feature.ATS, Feature.PRI)) {
      if (!features.has(needed)) {
        problems.add(
            "smmu", path + " shares memory, which needs the feature " + needed + "; add it");
      }
    }
    if (config.smmu().substreamIdBits() == 0) {
      problems.add(
          "smmu.substreamIdBits", path + " shares memory, which needs PASIDs; use 1 or more");
    }
  }
}

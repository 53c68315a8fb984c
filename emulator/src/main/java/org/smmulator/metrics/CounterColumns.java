package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.PasidCounter;
import org.smmulator.pcie.PasidCounts;
import org.smmulator.smmu.port.SmmuCounters;

/**
 * The counts of a summary, each under one name: its place in the JSON, such as {@code
 * /smmu/tlb/hits}, and for a device's {@code /devices/00:04.0/atc/hits}.
 */
public final class CounterColumns {
  private static final String DEVICES = "/devices/";

  private CounterColumns() {}

  /** Gives every name and its value; what is unknown has the value that says so. */
  public static void forEach(Summary summary, ObjLongConsumer<String> column) {
    for (Shown shown : Shown.ofMachine(summary)) {
      column.accept(shown.pointer(), shown.value());
    }
    SmmuCounters smmu = summary.smmu();
    smmu.commands().forEach((opcode, n) -> column.accept(Shown.SMMU + "/commands/" + opcode, n));
    smmu.events().forEach((type, n) -> column.accept(Shown.SMMU + "/events/" + type, n));
    for (DeviceCounters device : ofEachId(summary.devices())) {
      String place = DEVICES + device.id();
      for (Shown shown : Shown.ofDevice(device)) {
        column.accept(place + shown.pointer(), shown.value());
      }
      for (PasidCounts pasid : device.pasids()) {
        String under = place + "/pasids/" + pasid.pasid() + "/" + pasid.process();
        for (PasidCounter row : PasidCounter.values()) {
          column.accept(Shown.pointer(under, row), pasid.counts().of(row));
        }
      }
    }
  }

  /** Of the devices that had an ID one after the other, the one that has it, or had it last. */
  public static List<DeviceCounters> ofEachId(List<DeviceCounters> devices) {
    Map<String, DeviceCounters> last = new LinkedHashMap<>();
    for (DeviceCounters device : devices) {
      DeviceCounters known = last.get(device.id());
      if (known == null || !known.attached()) {
        last.put(device.id(), device);
      }
    }
    return new ArrayList<>(last.values());
  }
}

package org.smmulator.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sva.PasidStatus;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.DeviceCounters;

/** Puts together what scenario, SVA layer and root complex know of processes. */
final class Processes {
  private final List<PasidStatus> pasids;
  private final Map<String, String> namesById = new HashMap<>();

  private Processes(List<PasidStatus> pasids, List<DeviceCounters> devices) {
    this.pasids = pasids;
    devices.stream()
        .filter(DeviceCounters::attached)
        .forEach(device -> namesById.put(device.id(), device.name()));
  }

  static ProcessTable table(
      Map<String, ScenarioProcess> processes,
      List<PasidStatus> pasids,
      List<DeviceCounters> devices) {
    Processes all = new Processes(pasids, devices);
    List<ProcessTable.Row> rows = new ArrayList<>();
    processes.forEach((name, process) -> rows.add(all.row(name, process)));
    return new ProcessTable(rows, all.quarantined(), isolated(devices));
  }

  /** The devices that are cut off, a sentence each. */
  static List<String> isolated(List<DeviceCounters> devices) {
    return devices.stream()
        .filter(device -> device.attached() && device.isolated() != null)
        .map(device -> device.name() + " (" + device.id() + ") is " + device.isolated())
        .toList();
  }

  private ProcessTable.Row row(String name, ScenarioProcess process) {
    PasidStatus bound = bound(process.mm());
    boolean alive = process.process().isAlive();
    return new ProcessTable.Row(
        name,
        alive ? "running" : bound == null ? "exited" : "exiting",
        bound == null ? null : bound.pasid(),
        bound == null ? asid(process.mm()) : Integer.valueOf(bound.asid()),
        ViolationSummary.hex(process.base()),
        process.model().pages(),
        bound == null ? List.of() : devices(bound));
  }

  private @Nullable PasidStatus bound(AddressSpace mm) {
    return pasids.stream().filter(each -> each.mm() == mm).findFirst().orElse(null);
  }

  private static @Nullable Integer asid(AddressSpace mm) {
    if (!mm.getUserNotZero()) {
      return null;
    }
    int asid = mm.asid();
    mm.putUserAsync();
    return asid;
  }

  private List<String> devices(PasidStatus bound) {
    List<String> devices = new ArrayList<>();
    bound.devices().forEach((id, state) -> devices.add(name(id) + " (" + id + ", " + state + ")"));
    return devices;
  }

  private String name(String id) {
    return namesById.getOrDefault(id, "?");
  }

  private List<ProcessTable.Quarantined> quarantined() {
    return pasids.stream()
        .filter(each -> each.quarantine() != null)
        .map(
            each ->
                new ProcessTable.Quarantined(
                    each.pasid(),
                    each.devices().keySet().stream().map(id -> name(id) + " (" + id + ")").toList(),
                    String.valueOf(each.quarantine())))
        .toList();
  }
}

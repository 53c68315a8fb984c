package org.smmulator.query;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.pcie.DeviceCounters;

/**
 * What the names of devices and processes stand for, on one machine at one moment. A name that
 * stands for nothing is an {@link IllegalArgumentException} whose message is a sentence.
 */
final class MachineNames {
  static final long MAX_PASID = 0xf_ffff;

  private final AskedMachine machine;
  private @Nullable ProcessTable processes;

  MachineNames(AskedMachine machine) {
    this.machine = machine;
  }

  /** The requester ID of an attached device, by its name or PCI id. */
  int device(String name) {
    List<DeviceCounters> attached =
        machine.devices().stream().filter(DeviceCounters::attached).toList();
    for (DeviceCounters device : attached) {
      if (device.name().equals(name) || device.id().equals(name)) {
        return PciAddress.parse(device.id()).requesterId();
      }
    }
    throw notThere(
        "device", name, "attached", attached.stream().map(DeviceCounters::name).toList());
  }

  private static IllegalArgumentException notThere(
      String parameter, String name, String what, List<String> all) {
    String others = all.isEmpty() ? "there is none" : "there are " + String.join(", ", all);
    return new IllegalArgumentException(
        parameter + ": nothing " + what + " is called " + Parameters.shown(name) + "; " + others);
  }

  ProcessTable.Row process(String name) {
    ProcessTable all = processes();
    for (ProcessTable.Row row : all.processes()) {
      if (row.name().equals(name)) {
        return row;
      }
    }
    throw notThere(
        "process", name, "in the guest", all.processes().stream().map(p -> p.name()).toList());
  }

  private ProcessTable processes() {
    if (processes == null) {
      processes = machine.processes();
    }
    return processes;
  }

  /** The PASID of a process. */
  int pasid(String process) {
    Integer bound = process(process).pasid();
    if (bound == null) {
      throw new IllegalArgumentException(
          "process: no device is bound to "
              + Parameters.shown(process)
              + ", so that it has no PASID");
    }
    return bound;
  }

  /** The PASID that a parameter or a process's name gives, or null if neither is there. */
  @Nullable Integer pasid(Parameters parameters) {
    if (parameters.has("process", "pasid")) {
      return pasid(parameters.required("process"));
    }
    String text = parameters.optional("pasid");
    return text == null ? null : (int) Parameters.number("pasid", text, MAX_PASID);
  }
}

package org.smmulator.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.port.PciAddress;

/**
 * What a machine serves over vfio-user, as QEMU needs to know it.
 *
 * @param folder of the sockets
 * @param ramFile the RAM that both map
 * @param functions those on root bus 0, each at the same place on QEMU's
 * @param ports places there for functions that come later, in ascending order
 */
public record ServedMachine(
    Path folder, Path ramFile, int ramMiB, List<Function> functions, List<Port> ports) {
  /**
   * One function.
   *
   * @param stalls whether what it accesses may stall, so that a kernel serves its page faults
   */
  public record Function(PciAddress id, boolean stalls) {
    /** Its socket, in the folder. */
    String socket() {
      return id + ".sock";
    }

    /** As QEMU writes places on a bus. */
    String address() {
      return String.format("%02x.%x", id.device(), id.function());
    }
  }

  /**
   * A hot-plug port of QEMU's in the place of a function of ours, which is behind it once it is
   * there.
   */
  public record Port(PciAddress id) {
    /** Its name for QEMU. */
    String name() {
      return "port-" + id.device();
    }

    /** The name of what is behind it. */
    String occupant() {
      return "behind-" + name();
    }
  }

  public ServedMachine {
    functions = List.copyOf(functions);
    ports = List.copyOf(ports);
  }

  /** Where the device tree is. */
  public Path deviceTree() {
    return folder.resolve("machine.dtb");
  }

  /** QEMU's sockets, by which the SMMU is placed. */
  public Path qtest() {
    return folder.resolve("qtest.sock");
  }

  /** As above. */
  public Path qmp() {
    return folder.resolve("qmp.sock");
  }

  /** The socket of the SMMU. */
  public Path smmu() {
    return folder.resolve("smmu.sock");
  }

  /** The socket of a function that comes later. */
  Path socket(Port port) {
    return folder.resolve(port.id() + ".sock");
  }

  /** All that must be there before QEMU starts. */
  public List<Path> sockets() {
    List<Path> all = new ArrayList<>(List.of(smmu()));
    functions.forEach(function -> all.add(folder.resolve(function.socket())));
    return all;
  }
}

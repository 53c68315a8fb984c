package org.smmulator.qemu;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.qemu.DeviceTree.Node;

/**
 * What QEMU's own device tree does not tell a kernel: there is an SMMU, it has the streams of our
 * functions, and the buses behind which it sits are not there (bindings {@code iommu/arm,smmu-v3},
 * {@code pci/pci-iommu} and {@code pci/host-generic-pci} of the kernel's documentation).
 */
public final class KernelTree {
  /** Of the first cell of an address in PCI space, which space it is. */
  private static final int SPACE = 0x0300_0000;

  private static final int MEMORY32 = 0x0200_0000;
  private static final int RANGE_CELLS = 7;
  private static final long CELL = 0xffff_ffffL;

  private final DeviceTree tree;
  private final Node bridge;

  /**
   * @param tree QEMU's own, of its machine {@code virt}
   * @throws IOException if it has no PCI Express or no frame for messages
   */
  public KernelTree(DeviceTree tree) throws IOException {
    this.tree = tree;
    bridge = required(tree.root().find("compatible", "pci-host-ecam-generic"), "PCI Express");
  }

  private static Node required(@Nullable Node node, String what) throws IOException {
    if (node == null) {
      throw new IOException("QEMU's device tree has no " + what + "; use its machine virt");
    }
    return node;
  }

  /** Where the configuration space of bus 0 is. */
  public long ecam() {
    int[] place = bridge.cells("reg");
    return address(place, 0);
  }

  private static long address(int[] cells, int at) {
    return (cells[at] & CELL) << Integer.SIZE | (cells[at + 1] & CELL);
  }

  /** Tells of the SMMU, of functions, and of ports whose functions come later; once. */
  public void tell(List<ServedMachine.Function> functions, List<ServedMachine.Port> ports)
      throws IOException {
    Node frame =
        required(tree.root().find("compatible", "arm,gic-v2m-frame"), "GICv2m frame for messages");
    int handle = tree.root().freePhandle();
    Node smmu = tree.root().add(String.format("iommu@%x", SmmuPlace.ADDRESS));
    smmu.put("compatible", "arm,smmu-v3");
    smmu.put("reg", 0, (int) SmmuPlace.ADDRESS, 0, (int) MemoryMap.SMMU_BYTES);
    smmu.put("#iommu-cells", 1);
    smmu.put("dma-coherent");
    smmu.put("msi-parent", frame.cells("phandle"));
    smmu.put("phandle", handle);
    cut();
    bridge.put("ats-supported");
    List<Integer> map = new ArrayList<>();
    for (ServedMachine.Function function : functions) {
      int id = function.id().requesterId();
      map.addAll(List.of(id, handle, id, 1));
      if (function.stalls()) {
        stalls(function);
      }
    }
    // Nobody has given out bus numbers before the kernel does, to bridges in the order of their
    // places.
    int bus = 1;
    for (ServedMachine.Port port : ports) {
      map.addAll(List.of(bus << 8, handle, port.id().requesterId(), 1));
      bus++;
    }
    bridge.put("iommu-map", map.stream().mapToInt(Integer::intValue).toArray());
  }

  private void stalls(ServedMachine.Function function) {
    int device = function.id().device();
    Node node = bridge.add(String.format("dev@%x,%x", device, function.id().function()));
    node.put("reg", device << 11 | function.id().function() << 8, 0, 0, 0, 0);
    node.put("dma-can-stall");
  }

  /** The kernel's part of the buses, and of the window from which it gives out BARs. */
  private void cut() throws IOException {
    int[] place = bridge.cells("reg");
    place[2] = 0;
    place[3] = SmmuPlace.FIRST_BUS << 20;
    bridge.put("reg", place);
    bridge.put("bus-range", 0, SmmuPlace.FIRST_BUS - 1);
    int[] ranges = bridge.cells("ranges");
    int[] window = null;
    for (int at = 0; at + RANGE_CELLS <= ranges.length; at += RANGE_CELLS) {
      if ((ranges[at] & SPACE) == MEMORY32) {
        window = cutWindow(ranges, at);
      }
    }
    if (!Arrays.equals(window, new int[] {0, (int) SmmuPlace.ADDRESS})) {
      throw new IOException(
          String.format("QEMU's window of 32 bits does not begin at 0x%x", SmmuPlace.ADDRESS));
    }
    bridge.put("ranges", ranges);
  }

  private static int[] cutWindow(int[] ranges, int at) {
    int[] begin = {ranges[at + 3], ranges[at + 4]};
    ranges[at + 2] += (int) SmmuPlace.WINDOW_BYTES;
    ranges[at + 4] += (int) SmmuPlace.WINDOW_BYTES;
    ranges[at + 6] -= (int) SmmuPlace.WINDOW_BYTES;
    return begin;
  }
}

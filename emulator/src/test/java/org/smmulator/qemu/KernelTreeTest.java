package org.smmulator.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.qemu.DeviceTree.Node;
import org.smmulator.qemu.ServedMachine.Function;
import org.smmulator.qemu.ServedMachine.Port;

/** On the part of QEMU's tree that counts ({@code virt.dts}). */
class KernelTreeTest {
  private static Node told(Function... functions) throws IOException {
    DeviceTree tree = DeviceTree.read(Blobs.blob("virt"));
    new KernelTree(tree).tell(List.of(functions), List.of());
    return DeviceTree.read(tree.write()).root();
  }

  private static Function function(String id, boolean stalls) {
    return new Function(PciAddress.parse(id), stalls);
  }

  private static Node required(Node root, String compatible) {
    return Objects.requireNonNull(root.find("compatible", compatible));
  }

  @Test
  void tellsOfTheSmmu() throws IOException {
    Node smmu = required(told(), "arm,smmu-v3");
    assertThat(smmu.name()).isEqualTo("iommu@10000000");
    assertThat(smmu.cells("reg")).containsExactly(0, 0x1000_0000, 0, 0x2_0000);
    assertThat(smmu.cells("#iommu-cells")).containsExactly(1);
    assertThat(smmu.cells("msi-parent")).containsExactly(0x8003);
    assertThat(smmu.cells("phandle")).containsExactly(0x8004);
    assertThat(smmu.has("dma-coherent")).isTrue();
  }

  @Test
  void tellsWhichStreamsItHas() throws IOException {
    Node bridge =
        required(
            told(function("00:02.0", false), function("00:04.0", false)), "pci-host-ecam-generic");
    assertThat(bridge.cells("iommu-map"))
        .containsExactly(0x10, 0x8004, 0x10, 1, 0x20, 0x8004, 0x20, 1);
    assertThat(bridge.has("ats-supported")).isTrue();
    assertThat(bridge.nodes()).isEmpty();
  }

  /** What is behind the first port is on bus 1, and on our bus in the place of the port. */
  @Test
  void tellsTheStreamsOfFunctionsThatComeLater() throws IOException {
    DeviceTree tree = DeviceTree.read(Blobs.blob("virt"));
    List<Port> ports =
        List.of(new Port(PciAddress.parse("00:06.0")), new Port(PciAddress.parse("00:1e.0")));
    new KernelTree(tree).tell(List.of(function("00:04.0", false)), ports);
    assertThat(required(tree.root(), "pci-host-ecam-generic").cells("iommu-map"))
        .containsExactly(0x20, 0x8004, 0x20, 1, 0x100, 0x8004, 0x30, 1, 0x200, 0x8004, 0xf0, 1);
  }

  @Test
  void tellsWhichFunctionsStall() throws IOException {
    Node bridge = required(told(function("00:04.0", true)), "pci-host-ecam-generic");
    Node stalling = bridge.nodes().get(0);
    assertThat(stalling.name()).isEqualTo("dev@4,0");
    assertThat(stalling.cells("reg")).containsExactly(0x2000, 0, 0, 0, 0);
    assertThat(stalling.has("dma-can-stall")).isTrue();
  }

  @Test
  void keepsTheBusesAndTheWindowOfTheSmmuFromTheKernel() throws IOException {
    Node bridge = required(told(), "pci-host-ecam-generic");
    assertThat(bridge.cells("reg")).containsExactly(0x40, 0x1000_0000, 0, 0x0800_0000);
    assertThat(bridge.cells("bus-range")).containsExactly(0, 0x7f);
    assertThat(bridge.cells("ranges"))
        .containsExactly(
            0x100_0000,
            0,
            0,
            0,
            0x3eff_0000,
            0,
            0x1_0000, //
            0x200_0000,
            0,
            0x2000_0000,
            0,
            0x2000_0000,
            0,
            0x1eff_0000, //
            0x300_0000,
            0x80,
            0,
            0x80,
            0,
            0x80,
            0);
    assertThat(bridge.cells("msi-map")).containsExactly(0, 0x8003, 0, 0x1_0000);
  }

  @Test
  void knowsWhereConfigurationSpaceIs() throws IOException {
    DeviceTree tree = DeviceTree.read(Blobs.blob("virt"));
    assertThat(new KernelTree(tree).ecam()).isEqualTo(0x40_1000_0000L);
  }

  @Test
  void refusesATreeOfAnotherMachine() throws IOException {
    DeviceTree small = DeviceTree.read(Blobs.blob("small"));
    assertThatThrownBy(() -> new KernelTree(small))
        .isInstanceOf(IOException.class)
        .hasMessage("QEMU's device tree has no PCI Express; use its machine virt");
    DeviceTree elsewhere = DeviceTree.read(Blobs.blob("virt"));
    Node bridge = required(elsewhere.root(), "pci-host-ecam-generic");
    bridge.put("ranges", 0x200_0000, 0, 0x2000_0000, 0, 0x2000_0000, 0, 0x1000_0000);
    KernelTree tree = new KernelTree(elsewhere);
    assertThatThrownBy(() -> tree.tell(List.of(), List.of()))
        .hasMessage("QEMU's window of 32 bits does not begin at 0x10000000");
  }
}

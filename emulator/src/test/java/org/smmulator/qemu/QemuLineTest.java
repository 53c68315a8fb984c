package org.smmulator.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.port.PciAddress;

class QemuLineTest {
  private static final QemuLine LINE =
      new QemuLine(
          "qemu", "cortex-a57", 2, Path.of("Image"), Path.of("initrd"), "quiet", List.of("-s"));

  private static ServedMachine machine(String folder, String... ids) {
    List<ServedMachine.Function> functions =
        List.of(ids).stream()
            .map(id -> new ServedMachine.Function(PciAddress.parse(id), false))
            .toList();
    return new ServedMachine(Path.of(folder), Path.of("/r,1"), 512, functions, List.of());
  }

  @Test
  void isWholeAndFitForAShell() {
    assertThat(QemuLine.shown(LINE.run(machine("/v", "00:04.0"))))
        .isEqualTo(
            """
            qemu \\
              -nodefaults \\
              -no-user-config \\
              -M virt,gic-version=2,memory-backend=ram \\
              -accel tcg \\
              -cpu cortex-a57 \\
              -smp 2 \\
              -m 512M \\
              -object memory-backend-file,id=ram,share=on,size=512M,mem-path=/r,,1 \\
              -display none \\
              -serial mon:stdio \\
              -no-reboot \\
              -S \\
              -qtest unix:/v/qtest.sock,server=on,wait=off \\
              -qtest-log none \\
              -qmp unix:/v/qmp.sock,server=on,wait=off \\
              -device pxb-pcie,id=smmu-bus,bus=pcie.0,bus_nr=128,addr=1f.0 \\
              -device pcie-root-port,id=smmu-port,bus=smmu-bus,chassis=128,addr=00.0 \\
              -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"/v/smmu.sock"},"x-msg-timeout":60000,"bus":"smmu-port","addr":"00.0"}' \\
              -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"/v/00:04.0.sock"},"x-msg-timeout":60000,"bus":"pcie.0","addr":"04.0"}' \\
              -dtb /v/machine.dtb \\
              -kernel Image \\
              -append 'console=ttyAMA0 quiet' \\
              -initrd initrd \\
              -s
            """);
  }

  @Test
  void theSmmusBusLeavesSlotsToFunctions() {
    List<String> words = LINE.run(machine("/v", "00:1f.0", "00:1e.0"));
    assertThat(words).contains("pxb-pcie,id=smmu-bus,bus=pcie.0,bus_nr=128,addr=1d.0");
  }

  @Test
  void hasAnEmptyPortForAFunctionThatComesLater() {
    ServedMachine machine =
        new ServedMachine(
            Path.of("/v"),
            Path.of("/r"),
            512,
            List.of(),
            List.of(new ServedMachine.Port(PciAddress.parse("00:1f.0"))));
    assertThat(LINE.run(machine))
        .contains("pcie-root-port,id=port-31,bus=pcie.0,addr=1f.0,chassis=31,slot=31")
        .contains("pxb-pcie,id=smmu-bus,bus=pcie.0,bus_nr=128,addr=1e.0");
  }

  @Test
  void dumpsTheTreeOfTheSameHardware() {
    assertThat(LINE.dump(machine("/v"), Path.of("/a,b")))
        .containsExactly(
            "qemu",
            "-M",
            "virt,gic-version=2,dumpdtb=/a,,b",
            "-accel",
            "tcg",
            "-cpu",
            "cortex-a57",
            "-smp",
            "2",
            "-m",
            "512M",
            "-display",
            "none",
            "-nodefaults");
  }

  @Test
  void quotesWhatAShellWouldTakeApart() {
    assertThat(QemuLine.shown(List.of("a b", "c'd"))).isEqualTo("'a b' 'c'\\''d'\n");
  }
}

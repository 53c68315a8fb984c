package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.qemu.Blobs;
import org.smmulator.qemu.DeviceTree;

/** With a program that says what QEMU says; a real one is in {@link LinuxBootTest}. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QemuCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path sockets = Path.of("");
  private Path file = Path.of("");

  @BeforeEach
  void machine() throws IOException {
    sockets = folder.resolve("v");
    file =
        Files.writeString(
            folder.resolve("machine.yaml"),
            "machine: {name: x, ramMiB: 64, ramFile: /ram}\nsmmu: {without: [BTM]}\n"
                + "guest: {kind: vfio-user, directory: '"
                + sockets
                + "'}\ndevices:\n  - {id: '00:04.0', model: dma}\n");
  }

  /**
   * A program that says so.
   *
   * @param devices what its list of devices has
   */
  private String qemu(String version, String devices) throws IOException {
    Path tree = Files.write(folder.resolve("virt.dtb"), Blobs.blob("virt"));
    Path script =
        Files.writeString(
            folder.resolve("qemu"),
            """
            #!/bin/sh
            case "$*" in
              --version) echo "QEMU emulator version %s (Debian)" ;;
              "-device help") echo 'name "%s", bus PCI' ;;
              *dumpdtb=*) cp '%s' "${2#*dumpdtb=}" ;;
              *) exit 7 ;;
            esac
            """
                .formatted(version, devices, tree));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script.toString();
  }

  private int execute(String qemu, String... options) {
    List<String> words = new ArrayList<>(List.of("qemu", file.toString(), "--qemu", qemu));
    words.addAll(List.of(options));
    return SmmulatorCommand.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words.toArray(String[]::new));
  }

  private String good() throws IOException {
    return qemu("11.1.3", "vfio-user-pci");
  }

  @Test
  void printsTheLineAndWritesTheTree() throws IOException {
    assertThat(execute(good(), "--cpus", "2", "--append", "quiet")).isZero();
    assertThat(out.toString())
        .startsWith(folder.resolve("qemu") + " \\\n  -nodefaults")
        .contains("-smp 2", sockets.resolve("smmu.sock").toString(), "\"addr\":\"04.0\"")
        .contains("mem-path=/ram", "-dtb " + sockets.resolve("machine.dtb"));
    assertThat(err.toString())
        .contains("QEMU 11.1.3; device tree for its kernel: " + sockets.resolve("machine.dtb"))
        .contains("smmulator qemu " + file + " --place");
    assertThat(sockets).isDirectoryContaining(each -> each.endsWith("machine.dtb"));
    assertThat(sockets.resolve("qemu.dtb")).doesNotExist();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sockets)))
        .isEqualTo("rwx------");
    DeviceTree tree = DeviceTree.read(Files.readAllBytes(sockets.resolve("machine.dtb")));
    DeviceTree.Node bridge =
        Objects.requireNonNull(tree.root().find("compatible", "pci-host-ecam-generic"));
    assertThat(bridge.cells("iommu-map")).containsExactly(0x20, 0x8004, 0x20, 1);
  }

  @Test
  void refusesDevicesOnOtherRootBuses() throws IOException {
    String sentence =
        " is on root bus 0x01, and QEMU has functions directly on root bus 0 only (its pxb-pcie"
            + " takes bridges); give the device an id from 00:01.0 to 00:1f.0 or take it out\n";
    Files.createDirectory(sockets);
    Path attached = Files.createFile(sockets.resolve("01:04.0.sock"));
    assertThat(execute(good())).isEqualTo(2);
    assertThat(err).hasToString("smmulator: 01:04.0" + sentence);
    assertThat(sockets.resolve("machine.dtb")).doesNotExist();

    Files.delete(attached);
    err.getBuffer().setLength(0);
    Files.writeString(
        file, Files.readString(file) + "  - {id: '01:05.0', model: dma}\nbus: {rootBuses: 2}\n");
    assertThat(execute(good())).isEqualTo(2);
    assertThat(err).hasToString("smmulator: 01:05.0" + sentence);
    assertThat(out).hasToString("");
  }

  /** A device that somebody else attached is served, too. */
  @Test
  void takesWhatTheMachineServes() throws IOException {
    Files.createDirectory(sockets);
    for (String name : List.of("00:06.0.sock", "other.sock")) {
      Files.createFile(sockets.resolve(name));
    }
    assertThat(execute(good())).isZero();
    assertThat(out.toString())
        .contains("\"addr\":\"04.0\"", "\"addr\":\"06.0\"")
        .doesNotContain("other");
  }

  @Test
  void leavesAPlaceForAFunctionThatComesLater() throws IOException {
    assertThat(execute(good(), "--hot-plug", "00:07.0", "--hot-plug", "00:06.0")).isZero();
    assertThat(out.toString()).contains("id=port-6,", "id=port-7,");
    DeviceTree tree = DeviceTree.read(Files.readAllBytes(sockets.resolve("machine.dtb")));
    DeviceTree.Node bridge =
        Objects.requireNonNull(tree.root().find("compatible", "pci-host-ecam-generic"));
    assertThat(bridge.cells("iommu-map"))
        .as("in the order in which the kernel finds the ports")
        .containsExactly(0x20, 0x8004, 0x20, 1, 0x100, 0x8004, 0x30, 1, 0x200, 0x8004, 0x38, 1);
  }

  @Test
  void refusesPlacesWhereNoPortCanBe() throws IOException {
    assertRefused(
        "--hot-plug: 00:04.0 is in the machine file, and so there from the start;",
        good(),
        "--hot-plug",
        "00:04.0");
    assertRefused("--plug: 00:00.0 is no place for a port;", good(), "--plug", "00:00.0");
    assertRefused("--unplug: 01:06.0 is no place for a port;", good(), "--unplug", "01:06.0");
    assertRefused("--hot-plug: 00:06.1 is no place for", good(), "--hot-plug", "00:06.1");
    assertRefused("give one of them alone", good(), "--plug", "00:06.0", "--unplug", "00:06.0");
    assertRefused("give one of them alone", good(), "--plug", "00:06.0", "--exec");
  }

  @Test
  void saysThatNothingCanBePlugged() throws IOException {
    assertThat(execute(good(), "--plug", "00:06.0", "--wait", "0")).isEqualTo(3);
    assertThat(err.toString()).contains("there is no " + sockets.resolve("00:06.0.sock"));
    assertThat(execute(good(), "--unplug", "00:06.0")).isEqualTo(3);
    assertThat(err.toString()).contains("the function cannot be unplugged: ");
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    assertRefused("cannot be run", folder.resolve("none").toString());
    assertRefused(
        "is QEMU 10.0.13; vfio-user needs 10.1 or later: configs/linux/fetch has one",
        qemu("10.0.13", "vfio-user-pci"));
    assertRefused("(QEMU 10.1.0) was built without vfio-user-pci", qemu("10.1.0", "vfio-pci"));
    assertRefused("--kernel: none cannot be read;", good(), "--kernel", "none");
    assertRefused("--initrd: none cannot be read;", good(), "--initrd", "none");
    assertRefused("--cpus: 9 is out of range; use 1 to 8", good(), "--cpus", "9");
    assertRefused("--exec places the SMMU, too;", good(), "--exec", "--place");
    assertRefused("is no QEMU: it says", "/bin/echo");
    assertThat(out.toString()).isEmpty();
  }

  private void assertRefused(String sentence, String qemu, String... options) {
    err.getBuffer().setLength(0);
    assertThat(execute(qemu, options)).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains(sentence);
  }

  @Test
  void needsAMachineWithSuchAGuest() throws IOException {
    file = Files.writeString(folder.resolve("other.yaml"), "machine: {name: x}\n");
    assertRefused("has another guest; QEMU needs guest: {kind: vfio-user", good());
  }

  @Test
  void saysWhyBindWillFail() throws IOException {
    assertThat(execute(good(), "--cpu", "max")).isZero();
    assertThat(err.toString())
        .contains(
            "iommu_sva_bind_device will fail with -95, because addresses of a max have 52 bits and"
                + " those of the SMMU 44; use smmu.outputAddressBits: 52, or --cpu cortex-a57");
    err.getBuffer().setLength(0);
    assertThat(execute(good(), "--cpu", "max,pmu=off", "--set", "smmu.outputAddressBits=52"))
        .isZero();
    assertThat(execute(good(), "--set", "smmu.outputAddressBits=44")).isZero();
    assertThat(execute(good(), "--cpu", "of-tomorrow")).isZero();
    assertThat(err.toString()).doesNotContain("warning");
    assertThat(execute(good(), "--set", "smmu.outputAddressBits=40")).isZero();
    assertThat(err.toString()).contains("use smmu.outputAddressBits: 44, or --cpu cortex-a53");
  }

  @Test
  void saysThatTheMachineDoesNotRun() throws IOException {
    assertThat(execute(good(), "--exec", "--wait", "0")).isEqualTo(3);
    assertThat(err.toString())
        .contains(
            "there is no " + sockets.resolve("smmu.sock") + " after 0 s; start the machine with");
    assertThat(execute(good(), "--place")).isEqualTo(3);
    assertThat(err.toString()).contains("the SMMU cannot be placed: ");
  }

  @Test
  void saysThatQemuHasEnded() throws IOException {
    Files.createDirectory(sockets);
    for (String name : List.of("smmu.sock", "00:04.0.sock")) {
      Files.createFile(sockets.resolve(name));
    }
    assertThat(execute(good(), "--exec", "--wait", "0")).isEqualTo(3);
    assertThat(err.toString()).contains("QEMU has ended with 7 before its CPU ran");
  }
}

package org.smmulator.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * QEMU's command line for one machine and kernel.
 *
 * @param program QEMU's
 * @param cpu model of the CPUs, by QEMU's name
 * @param kernel null for none; then QEMU has only its monitor to offer
 * @param append words for the kernel, behind those that name the console
 * @param more words for QEMU, as they are
 */
public record QemuLine(
    String program,
    String cpu,
    int cpus,
    @Nullable Path kernel,
    @Nullable Path initrd,
    @Nullable String append,
    List<String> more) {
  /** GICv2 has as many interfaces. */
  public static final int MOST_CPUS = 8;

  /** A device that does not answer at once is none that has gone. */
  private static final int ANSWER_MILLIS = 60_000;

  /** Slots of the root bus, of which QEMU has the first. */
  private static final int LAST_SLOT = 0x1f;

  public QemuLine {
    more = List.copyOf(more);
  }

  /** The words that have QEMU write its own device tree into a file, and end. */
  public List<String> dump(ServedMachine machine, Path file) {
    List<String> words = new ArrayList<>(List.of(program));
    words.addAll(List.of("-M", "virt,gic-version=2,dumpdtb=" + commas(file.toString())));
    words.addAll(hardware(machine));
    words.addAll(List.of("-display", "none", "-nodefaults"));
    return words;
  }

  private List<String> hardware(ServedMachine machine) {
    return List.of(
        "-accel", "tcg", "-cpu", cpu, "-smp", Integer.toString(cpus), "-m", machine.ramMiB() + "M");
  }

  /** The words that start QEMU, with its CPUs standing until the SMMU has its place. */
  public List<String> run(ServedMachine machine) {
    List<String> words = new ArrayList<>(List.of(program, "-nodefaults", "-no-user-config"));
    words.addAll(List.of("-M", "virt,gic-version=2,memory-backend=ram"));
    words.addAll(hardware(machine));
    words.addAll(
        List.of(
            "-object",
            "memory-backend-file,id=ram,share=on,size="
                + machine.ramMiB()
                + "M,mem-path="
                + commas(machine.ramFile().toString())));
    words.addAll(List.of("-display", "none", "-serial", "mon:stdio", "-no-reboot", "-S"));
    words.addAll(List.of("-qtest", socket(machine.qtest()), "-qtest-log", "none"));
    words.addAll(List.of("-qmp", socket(machine.qmp())));
    words.addAll(smmu(machine));
    for (ServedMachine.Function function : machine.functions()) {
      words.addAll(vfio(machine.folder().resolve(function.socket()), "pcie.0", function.address()));
    }
    for (ServedMachine.Port port : machine.ports()) {
      words.addAll(List.of("-device", rootPort(port)));
    }
    words.addAll(List.of("-dtb", machine.deviceTree().toString()));
    if (kernel != null) {
      words.addAll(List.of("-kernel", kernel.toString(), "-append", words()));
    }
    if (initrd != null) {
      words.addAll(List.of("-initrd", initrd.toString()));
    }
    words.addAll(more);
    return words;
  }

  private String words() {
    return "console=ttyAMA0" + (append == null ? "" : " " + append);
  }

  /** An expander bus takes bridges only, and so the SMMU is behind one. */
  private static List<String> smmu(ServedMachine machine) {
    List<String> words = new ArrayList<>();
    String expander =
        String.format(
            "pxb-pcie,id=smmu-bus,bus=pcie.0,bus_nr=%d,addr=%x.0",
            SmmuPlace.FIRST_BUS, freeSlot(machine));
    words.addAll(List.of("-device", expander));
    words.addAll(
        List.of("-device", "pcie-root-port,id=smmu-port,bus=smmu-bus,chassis=128,addr=00.0"));
    words.addAll(vfio(machine.smmu(), "smmu-port", "00.0"));
    return words;
  }

  private static String rootPort(ServedMachine.Port port) {
    int device = port.id().device();
    return String.format(
        "pcie-root-port,id=%s,bus=pcie.0,addr=%02x.0,chassis=%d,slot=%d",
        port.name(), device, device, device);
  }

  private static int freeSlot(ServedMachine machine) {
    int slot = LAST_SLOT;
    while (slot > 0 && isTaken(machine, slot)) {
      slot--;
    }
    return slot;
  }

  private static boolean isTaken(ServedMachine machine, int slot) {
    return machine.functions().stream().anyMatch(function -> function.id().device() == slot)
        || machine.ports().stream().anyMatch(port -> port.id().device() == slot);
  }

  private static List<String> vfio(Path socket, String bus, String address) {
    return List.of("-device", device(socket, bus, address));
  }

  /** A function behind a socket, as both the command line and the monitor take it. */
  static String device(Path socket, String bus, String address) {
    return String.format(
        "{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\"%s\"},"
            + "\"x-msg-timeout\":%d,\"bus\":\"%s\",\"addr\":\"%s\"}",
        json(socket.toString()), ANSWER_MILLIS, bus, address);
  }

  private static String json(String text) {
    StringBuilder quoted = new StringBuilder();
    JsonStringEncoder.getInstance().quoteAsString(text, quoted);
    return quoted.toString();
  }

  private static String socket(Path path) {
    return "unix:" + commas(path.toString()) + ",server=on,wait=off";
  }

  /** In QEMU's lists a comma in a value is written twice. */
  private static String commas(String value) {
    return value.replace(",", ",,");
  }

  /** The words as a shell takes them, an option a line. */
  public static String shown(List<String> words) {
    StringBuilder shown = new StringBuilder();
    for (String word : words) {
      boolean option = word.startsWith("-") && shown.length() > 0;
      shown.append(option ? " \\\n  " : shown.length() > 0 ? " " : "").append(quoted(word));
    }
    return shown.append('\n').toString();
  }

  private static String quoted(String word) {
    boolean plain = word.matches("[A-Za-z0-9_./:@%+=,-]+");
    return plain ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}

package org.smmulator.qemu;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A QEMU on this computer: whether it can be the machine, and the device tree that it makes. */
public final class QemuProgram {
  private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)(\\S*)");

  /** The first QEMU whose vfio-user client is in its releases. */
  private static final int MAJOR = 10;

  private static final int MINOR = 1;

  private final String program;

  /**
   * @param program its name, found in PATH, or its path
   */
  public QemuProgram(String program) {
    this.program = program;
  }

  /**
   * That it is new enough and has what is needed.
   *
   * @return its version
   * @throws IOException if it does not; the message is a sentence
   */
  public String require() throws IOException, InterruptedException {
    String said = output(List.of(program, "--version"));
    Matcher version = VERSION.matcher(said);
    if (!version.find()) {
      throw new IOException(program + " is no QEMU: it says '" + firstLine(said) + "'");
    }
    String whole = version.group(1) + "." + version.group(2) + version.group(3);
    if (isOlder(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)))) {
      throw new IOException(
          String.format(
              "%s is QEMU %s; vfio-user needs %d.%d or later: configs/linux/fetch has one",
              program, whole, MAJOR, MINOR));
    }
    if (!output(List.of(program, "-device", "help")).contains("\"vfio-user-pci\"")) {
      throw new IOException(
          program + " (QEMU " + whole + ") was built without vfio-user-pci; use another one");
    }
    return whole;
  }

  private static boolean isOlder(int major, int minor) {
    return major < MAJOR || (major == MAJOR && minor < MINOR);
  }

  /**
   * Writes the device tree for a machine's kernel, from QEMU's own.
   *
   * @throws IOException if QEMU has none, or it cannot be written; the message is a sentence
   */
  public void writeDeviceTree(QemuLine line, ServedMachine machine)
      throws IOException, InterruptedException {
    Path own = machine.folder().resolve("qemu.dtb");
    String said = output(line.dump(machine, own));
    if (!Files.isRegularFile(own)) {
      throw new IOException(program + " writes no device tree: " + firstLine(said));
    }
    DeviceTree tree = DeviceTree.read(Files.readAllBytes(own));
    new KernelTree(tree).tell(machine.functions(), machine.ports());
    Path unused = Files.write(machine.deviceTree(), tree.write());
    Files.delete(own);
  }

  private static String output(List<String> words) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(words).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new IOException(
          words.get(0)
              + " cannot be run ("
              + e.getMessage()
              + "); name a QEMU with --qemu: configs/linux/fetch has one",
          e);
    }
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    int unused = process.waitFor();
    return said;
  }

  private static String firstLine(String said) {
    return said.lines().findFirst().orElse("").strip();
  }
}

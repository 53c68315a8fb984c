package org.smmulator.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.GuestConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.qemu.CpuModel;
import org.smmulator.qemu.DeviceTree;
import org.smmulator.qemu.KernelTree;
import org.smmulator.qemu.QemuLine;
import org.smmulator.qemu.QemuPort;
import org.smmulator.qemu.QemuProgram;
import org.smmulator.qemu.ServedMachine;
import org.smmulator.qemu.SmmuPlace;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator qemu}. */
@Command(
    name = "qemu",
    description = {
      "Prints the command line of a QEMU whose kernel has a machine's SMMU and devices for its own,",
      "and writes the device tree for it; the machine, 'smmulator run', runs beside it. QEMU then",
      "waits until 'smmulator qemu CONFIG --place' has given the SMMU its place in the memory map;",
      "with --exec all of that is done here.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class QemuCommand implements Callable<Integer> {
  private static final Pattern SOCKET = Pattern.compile("([0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])\\.sock");
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long MILLIS_PER_LOOK = 20;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "CONFIG",
      description = "Machine file with guest: vfio-user, such as configs/linux/machine.yaml.")
  private Path file = Path.of("");

  @Option(names = "--kernel", paramLabel = "IMAGE", description = "An arm64 kernel.")
  private @Nullable Path kernel;

  @Option(names = "--initrd", paramLabel = "FILE", description = "Its first file system.")
  private @Nullable Path initrd;

  @Option(
      names = "--append",
      paramLabel = "WORDS",
      description = "Words for the kernel, behind console=ttyAMA0.")
  private @Nullable String append;

  @Option(
      names = "--qemu",
      paramLabel = "PATH",
      defaultValue = "qemu-system-aarch64",
      description = "QEMU 10.1 or later (default: ${DEFAULT-VALUE}).")
  private String qemu = "";

  @Option(
      names = "--cpu",
      paramLabel = "MODEL",
      defaultValue = CpuModel.USUAL,
      description = "Model of the CPUs, by QEMU's name (default: ${DEFAULT-VALUE}).")
  private String cpu = "";

  @Option(
      names = "--cpus",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of CPUs, 1 to " + QemuLine.MOST_CPUS + " (default: ${DEFAULT-VALUE}).")
  private int cpus;

  @Option(
      names = "--qemu-option",
      paramLabel = "WORD",
      description = "One more word for QEMU, as it is; for several give it again.")
  private List<String> more = List.of();

  @Option(names = "--exec", description = "Run QEMU, and place the SMMU.")
  private boolean exec;

  @Option(
      names = "--place",
      description = "Place the SMMU of a QEMU that runs as printed, and let its CPU go.")
  private boolean place;

  @Option(
      names = "--hot-plug",
      paramLabel = "BB:DD.0",
      converter = AttachCommand.Id.class,
      description = {
        "Leave a place for a function that is attached later, an empty port of QEMU's; for several",
        "give it again."
      })
  private List<PciAddress> hotPlug = List.of();

  @Option(
      names = "--plug",
      paramLabel = "BB:DD.0",
      converter = AttachCommand.Id.class,
      description = "Plug a function into its port of a QEMU that runs, once it is attached.")
  private @Nullable PciAddress plug;

  @Option(
      names = "--unplug",
      paramLabel = "BB:DD.0",
      converter = AttachCommand.Id.class,
      description = "Have the kernel give up the function in that port, and wait until it has.")
  private @Nullable PciAddress unplug;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long to wait for the machine's sockets (default: ${DEFAULT-VALUE}).")
  private int waitSeconds;

  @Mixin private SettingOptions settings = new SettingOptions();

  @Override
  public Integer call() throws ConfigException, UserException, InterruptedException {
    MachineConfig config = ConfigFile.load(file, settings.settings());
    requireSense(config);
    Output output = Output.of(spec);
    ServedMachine machine = served(config);
    if (place) {
      place(machine);
      return ExitCode.OK.code();
    }
    if (plug != null) {
      plug(new QemuPort(machine, new ServedMachine.Port(plug)));
      return ExitCode.OK.code();
    }
    if (unplug != null) {
      unplug(new QemuPort(machine, new ServedMachine.Port(unplug)));
      return ExitCode.OK.code();
    }
    String refusal = CpuModel.refusal(cpu, config.smmu().outputAddressBits());
    if (refusal != null) {
      output.say("smmulator: warning: " + refusal);
    }
    QemuLine line = new QemuLine(qemu, cpu, cpus, kernel, initrd, append, more);
    prepare(machine, line, output);
    return exec ? run(machine, line) : print(machine, line, output);
  }

  private void requireSense(MachineConfig config) throws UserException {
    if (config.guest().kind() != GuestConfig.Kind.VFIO_USER) {
      throw wrong(
          file
              + " has another guest; QEMU needs guest: {kind: vfio-user, directory: DIR}, as in"
              + " configs/linux/machine.yaml");
    }
    if (exec && place) {
      throw wrong("--exec places the SMMU, too; leave out --place");
    }
    if (Stream.of(exec || place, plug != null, unplug != null).filter(is -> is).count() > 1) {
      throw wrong("--plug and --unplug are for a QEMU that runs; give one of them alone");
    }
    for (PciAddress id : hotPlug) {
      requireFree("--hot-plug", id, config);
    }
    requireFree("--plug", plug, config);
    requireFree("--unplug", unplug, config);
    if (cpus < 1 || cpus > QemuLine.MOST_CPUS) {
      throw wrong("--cpus: " + cpus + " is out of range; use 1 to " + QemuLine.MOST_CPUS);
    }
    requireFile("--kernel", kernel);
    requireFile("--initrd", initrd);
  }

  private static void requireFile(String option, @Nullable Path path) throws UserException {
    if (path != null && !Files.isReadable(path)) {
      throw wrong(option + ": " + path + " cannot be read; configs/linux/fetch has one");
    }
  }

  /** A port is on the root bus, in a place that no device of the file has. */
  private static void requireFree(String option, @Nullable PciAddress id, MachineConfig config)
      throws UserException {
    if (id == null) {
      return;
    }
    if (id.bus() != 0 || id.device() == 0 || id.function() != 0) {
      throw wrong(option + ": " + id + " is no place for a port; use 00:01.0 to 00:1f.0");
    }
    if (config.devices().stream().anyMatch(device -> device.id().device() == id.device())) {
      throw wrong(
          option
              + ": "
              + id
              + " is in the machine file, and so there from the start; use another one");
    }
  }

  private static UserException wrong(String sentence) {
    return new UserException(ExitCode.USAGE, sentence);
  }

  /** The functions that the file lists, and others that the machine serves by now. */
  private ServedMachine served(MachineConfig config) throws UserException {
    Path folder = Path.of(String.valueOf(config.guest().directory())).toAbsolutePath();
    Path ram = Path.of(String.valueOf(config.machine().ramFile())).toAbsolutePath();
    TreeMap<Integer, ServedMachine.Function> functions = new TreeMap<>();
    for (DeviceConfig device : config.devices()) {
      functions.put(
          device.id().requesterId(), new ServedMachine.Function(device.id(), device.stall()));
    }
    for (PciAddress id : servedNow(folder)) {
      functions.putIfAbsent(id.requesterId(), new ServedMachine.Function(id, false));
    }
    for (ServedMachine.Function function : functions.values()) {
      requireRootBus0(function.id());
    }
    hotPlug.forEach(id -> functions.remove(id.requesterId()));
    List<ServedMachine.Port> ports =
        hotPlug.stream()
            .distinct()
            .sorted(Comparator.comparing(PciAddress::requesterId))
            .map(ServedMachine.Port::new)
            .toList();
    return new ServedMachine(
        folder, ram, config.machine().ramMiB(), List.copyOf(functions.values()), ports);
  }

  /**
   * Elsewhere QEMU gives functions other requester IDs, and their streams are not found by them.
   */
  private static void requireRootBus0(PciAddress id) throws UserException {
    if (id.bus() != 0) {
      throw wrong(
          String.format(
              "%s is on root bus 0x%02x, and QEMU has functions directly on root bus 0 only (its"
                  + " pxb-pcie takes bridges); give the device an id from 00:01.0 to 00:1f.0 or"
                  + " take it out",
              id, id.bus()));
    }
  }

  private static List<PciAddress> servedNow(Path folder) throws UserException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<PciAddress> ids = new ArrayList<>();
    try (Stream<Path> names = Files.list(folder)) {
      for (Path name : names.toList()) {
        Matcher socket = SOCKET.matcher(name.getFileName().toString());
        if (socket.matches()) {
          ids.add(PciAddress.parse(socket.group(1)));
        }
      }
    } catch (IOException e) {
      throw wrong("guest.directory: " + folder + " cannot be read (" + e.getMessage() + ")");
    }
    return ids;
  }

  private static void prepare(ServedMachine machine, QemuLine line, Output output)
      throws UserException, InterruptedException {
    QemuProgram program = new QemuProgram(line.program());
    try {
      String version = program.require();
      if (!Files.isDirectory(machine.folder(), LinkOption.NOFOLLOW_LINKS)) {
        Path unused =
            Files.createDirectory(
                machine.folder(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      program.writeDeviceTree(line, machine);
      output.say("QEMU " + version + "; device tree for its kernel: " + machine.deviceTree());
    } catch (IOException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private int print(ServedMachine machine, QemuLine line, Output output) {
    output.print(QemuLine.shown(line.run(machine)));
    output.say(
        "start the machine first (smmulator run "
            + file
            + settings.words()
            + "); when QEMU waits: smmulator qemu "
            + file
            + settings.words()
            + " --place");
    return ExitCode.OK.code();
  }

  private int run(ServedMachine machine, QemuLine line) throws UserException, InterruptedException {
    for (Path socket : machine.sockets()) {
      awaitSocket(socket, null);
    }
    Process process;
    try {
      Files.deleteIfExists(machine.qtest());
      Files.deleteIfExists(machine.qmp());
      process = new ProcessBuilder(line.run(machine)).inheritIO().start();
    } catch (IOException e) {
      throw wrong(line.program() + " cannot be run (" + e.getMessage() + ")");
    }
    SignalHook hook = SignalHook.add(process::destroy);
    try {
      awaitSocket(machine.qtest(), process);
      awaitSocket(machine.qmp(), process);
      place(machine);
      int code = process.waitFor();
      if (code != 0) {
        throw unreachable("QEMU has ended with " + code);
      }
      return ExitCode.OK.code();
    } finally {
      hook.remove();
      process.destroy();
    }
  }

  /**
   * @param maker who makes it, if that is a process of ours; else the machine does
   */
  private void awaitSocket(Path socket, @Nullable Process maker)
      throws UserException, InterruptedException {
    long end = System.nanoTime() + waitSeconds * NANOS_PER_SECOND;
    while (!Files.exists(socket)) {
      if (maker != null && !maker.isAlive()) {
        throw unreachable("QEMU has ended with " + maker.exitValue() + " before its CPU ran");
      }
      if (maker == null && System.nanoTime() - end > 0) {
        throw unreachable(
            "there is no "
                + socket
                + " after "
                + waitSeconds
                + " s; start the machine with 'smmulator run "
                + file
                + settings.words()
                + "'");
      }
      Thread.sleep(MILLIS_PER_LOOK);
    }
  }

  private static void place(ServedMachine machine) throws UserException {
    try {
      DeviceTree tree = DeviceTree.read(Files.readAllBytes(machine.deviceTree()));
      new SmmuPlace(new KernelTree(tree).ecam()).take(machine.qtest(), machine.qmp());
    } catch (IOException e) {
      throw unreachable("the SMMU cannot be placed: " + e.getMessage());
    }
  }

  private void plug(QemuPort slot) throws UserException, InterruptedException {
    awaitSocket(slot.socket(), null);
    try {
      slot.plug();
    } catch (IOException e) {
      throw unreachable("the function cannot be plugged in: " + e.getMessage());
    }
  }

  private static void unplug(QemuPort slot) throws UserException {
    try {
      slot.unplug();
    } catch (IOException e) {
      throw unreachable("the function cannot be unplugged: " + e.getMessage());
    }
  }

  private static UserException unreachable(String sentence) {
    return new UserException(ExitCode.UNREACHABLE, sentence);
  }
}

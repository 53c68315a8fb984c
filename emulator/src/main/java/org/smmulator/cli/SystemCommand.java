package org.smmulator.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.PortAddress;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.UserException;
import org.smmulator.qmp.QmpMachine;
import org.smmulator.qmp.QmpMonitor;
import org.smmulator.qtest.GuestPort;
import org.smmulator.record.Recorder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator system-aarch64}. */
@Command(
    name = "system-aarch64",
    description = {
      "Starts a machine as QEMU's test library starts QEMU: takes qemu-system-aarch64's options, and",
      "connects to the sockets of a test that waits. emulator/bin/smmulator-system-aarch64 is this",
      "command with configs/qemu-virt.yaml, for QTEST_QEMU_BINARY.",
      "It ends with 0 when it is told to, by a signal or by QMP, or when the test has ended.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class SystemCommand implements Callable<Integer> {
  private final Supplier<MachineLauncher> launcher;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "CONFIG",
      description = "Machine file with guest: external, such as configs/qemu-virt.yaml.")
  private Path file = Path.of("");

  @Parameters(
      index = "1..*",
      paramLabel = "OPTION",
      description = "QEMU's options, behind two dashes: -- -qtest unix:PATH -machine virt ...")
  private List<String> words = List.of();

  SystemCommand(Supplier<MachineLauncher> launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws ConfigException, UserException {
    QemuOptions options = QemuOptions.parse(words);
    MachineConfig config = configOf(options);
    Output output = Output.of(spec);
    if (!options.tolerated().isEmpty()) {
      output.say("smmulator: of no effect here: " + String.join(", ", options.tolerated()));
    }
    if (options.isLogged()) {
      ((Logger) LoggerFactory.getLogger(GuestPort.class.getPackageName())).setLevel(Level.DEBUG);
    }
    // The machine has nothing that would have to be put away: it listens at no UNIX socket.
    SignalHook hook = SignalHook.add(() -> Runtime.getRuntime().halt(ExitCode.OK.code()));
    try (MachineSession session = MachineSession.start(launcher.get(), config, Recorder.OFF);
        QmpMonitor monitor = new QmpMonitor(told(session))) {
      for (BusAddress program : options.monitors()) {
        monitor.connect(program);
      }
      session.machine().awaitEnd();
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw new UserException(ExitCode.UNREACHABLE, "-chardev: " + e.getMessage());
    } catch (InterruptedException e) {
      return ExitCode.STOPPED.code();
    } finally {
      hook.remove();
    }
  }

  private MachineConfig configOf(QemuOptions options) throws ConfigException, UserException {
    MachineConfig config = ConfigFile.load(file, options.settings());
    if (!config.guest().isAtPort()) {
      throw new UserException(
          ExitCode.USAGE, file + " has no guest port; write guest: external in it");
    }
    try {
      return config.withGuestPort(PortAddress.parse(options.guestPort()));
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, "-qtest: " + e.getMessage());
    }
  }

  private static QmpMachine told(MachineSession session) {
    return new QmpMachine(
        new SmmulatorCommand.Version().getVersion()[0],
        QemuOptions.MACHINES,
        QemuOptions.models(),
        () -> new Thread(session::close, "quit").start());
  }
}

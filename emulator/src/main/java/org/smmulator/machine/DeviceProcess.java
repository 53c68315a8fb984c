package org.smmulator.machine;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.DeviceConfig;
import org.smmulator.launch.DeviceProgram;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;

/** A device in a JVM of its own, attached over the bus as anybody's device would be. */
final class DeviceProcess implements PluggedDevice {
  private static final long DETACH_SECONDS = 60;

  private final DeviceConfig config;
  private final Process process;

  private DeviceProcess(DeviceConfig config, Process process) {
    this.config = config;
    this.process = process;
  }

  /**
   * @param bus where the machine listens
   */
  static DeviceProcess start(DeviceConfig config, String bus) throws UserException {
    try {
      Process process =
          new ProcessBuilder(command(config, bus))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      return new DeviceProcess(config, process);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INTERNAL, "device " + config.id() + " cannot be started: " + e.getMessage());
    }
  }

  /**
   * A device's time goes into sockets and wake-ups: what the JVM's second compiler does takes
   * longer than it spares in the first minute of DMA.
   */
  private static List<String> command(DeviceConfig config, String bus) {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    List<String> command =
        new ArrayList<>(List.of(java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    String archive = System.getProperty("smmulator.archive");
    if (archive != null) {
      command.addAll(List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds*=off"));
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(program().commandLine(config, bus));
    return command;
  }

  private static DeviceProgram program() {
    return ServiceLoader.load(DeviceProgram.class)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no program of a device in this jar"));
  }

  @Override
  public PciAddress id() {
    return config.id();
  }

  @Override
  public String label() {
    return config.label();
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Asks the device to detach, as Ctrl-C does; kills it if it does not listen. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(DETACH_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

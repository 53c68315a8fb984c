package org.smmulator.machine;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.Configs;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.SimulatedOutcome;
import org.smmulator.launch.Progress;
import org.smmulator.metrics.Summary;
import org.smmulator.record.Recorder;

/** Machines for tests: on ports that the system chooses, without HTTP. */
final class Machines {
  /** How a scenario ended and what was counted. */
  record Outcome(Ending ending, Summary summary) {}

  /** The section of a machine in which a device is to be found silent. */
  static final String IMPATIENT_BUS =
      "bus: {listen: ['127.0.0.1:0'], invalidationTimeoutMillis: 5000}\n";

  private static final String PATIENT_BUS = "bus: {listen: ['127.0.0.1:0']}\n";

  private Machines() {}

  static MachineConfig config(Path folder, String yaml) throws Exception {
    Path file = folder.resolve("machine.yaml");
    String bus = yaml.contains("\nbus:") ? "" : PATIENT_BUS;
    Files.writeString(file, yaml + "\n" + bus + "http: {listen: null}\n");
    return ConfigFile.load(file);
  }

  /** Runs the scenario of a machine file. */
  static Outcome run(Path folder, String yaml) throws Exception {
    Progress progress =
        new Progress(new PrintWriter(System.err, true, StandardCharsets.UTF_8), false, () -> 0);
    try (Machine machine = Machine.start(config(folder, yaml), Recorder.OFF)) {
      Ending ending = machine.runScenario(progress);
      return new Outcome(ending, machine.summary());
    }
  }

  /** As above, on one scheduler and virtual time. */
  static Outcome simulate(Path folder, String yaml, long seed) throws Exception {
    return simulate(folder, yaml, seed, Recorder.OFF);
  }

  /** As above, and somebody is told. */
  static Outcome simulate(Path folder, String yaml, long seed, Recorder recorder) throws Exception {
    SimulatedOutcome outcome =
        new Launcher()
            .simulate(config(folder, yaml).withSeed(seed), recorder, silence(), () -> false);
    return new Outcome(outcome.ending(), outcome.summary());
  }

  /** Says nothing. */
  static Progress silence() {
    return new Progress(new PrintWriter(PrintWriter.nullWriter()), false, () -> 0);
  }

  /** A file of the folder {@code configs}, whichever folder the tests run in. */
  static String configs(String name) throws IOException {
    return Files.readString(Configs.folder().resolve(name));
  }

  /** Starts a device process by hand. */
  static DeviceProcess attach(Machine machine, MachineConfig config, int device) throws Exception {
    DeviceConfig described = config.devices().get(device);
    return DeviceProcess.start(described, machine.busAddresses().get(0));
  }
}

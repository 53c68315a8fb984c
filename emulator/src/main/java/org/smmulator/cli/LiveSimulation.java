package org.smmulator.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.smmulator.config.MachineConfig;
import org.smmulator.history.Watch;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.SimulatedMachineRun;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;
import org.smmulator.web.Control;
import org.smmulator.web.StepToken;
import org.smmulator.web.WatchedMachine;
import org.smmulator.web.WebServer;

/** A simulated machine with its HTTP server, which may hold it and let it go on. */
final class LiveSimulation implements WatchedMachine, AutoCloseable {
  private final String name;
  private final SimulatedMachineRun run;
  private final Watch watch;
  private final Control control;
  private final WebServer web;

  private LiveSimulation(
      String name, String http, SimulatedMachineRun run, Watch watch, StepToken token)
      throws IOException {
    this.name = name;
    this.run = run;
    this.watch = watch;
    this.control = new Control(run.pace(), null, token);
    this.web = WebServer.start(http, this);
  }

  /**
   * Makes the machine, which has not begun then, and listens.
   *
   * @param paused whether it is to stand at its first moment
   */
  static LiveSimulation start(
      MachineLauncher launcher, MachineConfig config, Recorder recorder, boolean paused)
      throws UserException {
    String http = config.http().listen();
    if (http == null) {
      throw new UserException(
          ExitCode.USAGE, "--live needs http.listen; give --http 127.0.0.1:0, say");
    }
    Watch watch = new Watch(recorder);
    SimulatedMachineRun run = launcher.simulated(config, recorder);
    StepToken token = null;
    LiveSimulation live = null;
    try {
      token = StepToken.create(Path.of(System.getProperty("java.io.tmpdir")), 0);
      live = new LiveSimulation(config.machine().name(), http, run, watch, token);
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "--live: " + e.getMessage());
    } finally {
      if (live == null && token != null) {
        token.close();
      }
    }
    if (paused) {
      run.pace().pause();
    }
    watch.begin(new Watch.Machine(run::summary, run::nanoTime, run.pace()));
    return live;
  }

  SimulatedMachineRun run() {
    return run;
  }

  String address() {
    return web.address();
  }

  Path tokenFile() {
    return control.token().file();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Summary summary() {
    return run.summary();
  }

  @Override
  public ProcessTable processes() {
    return run.processes();
  }

  @Override
  public StreamsTable streams() {
    return run.streams();
  }

  @Override
  public List<String> explain(Question question) {
    return run.explain(question);
  }

  @Override
  public AtcContents atc(int requesterId) {
    return run.atc(requesterId);
  }

  @Override
  public Watch watch() {
    return watch;
  }

  @Override
  public Control control() {
    return control;
  }

  @Override
  public void close() {
    control.token().close();
    run.pace().run();
    watch.close();
    web.close();
  }
}

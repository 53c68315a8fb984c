package org.smmulator.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.config.ConfigException;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.StepByHand;
import org.smmulator.history.Watch;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;
import org.smmulator.web.Control;
import org.smmulator.web.StepToken;
import org.smmulator.web.WatchedMachine;
import org.smmulator.web.WebServer;

/**
 * A running machine with its HTTP server; either both run or neither. Closed by the command or by
 * Ctrl-C, whichever is first.
 */
final class MachineSession implements WatchedMachine, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MachineSession.class);

  private final String name;
  private final @Nullable WebServer web;
  private final Watch watch;
  private volatile @Nullable RunningMachine machine;
  private volatile @Nullable Control control;
  private volatile boolean closed;

  private MachineSession(String name, @Nullable String http, Watch watch) throws IOException {
    this.name = name;
    this.watch = watch;
    web = http == null ? null : WebServer.start(http, this);
  }

  /** Starts the HTTP server first: its port is the likelier one to be in use. */
  static MachineSession start(MachineLauncher launcher, MachineConfig config, Recorder recorder)
      throws UserException {
    String http = config.http().listen();
    MachineSession session;
    try {
      // Without somebody who can see it nothing need be kept.
      Watch watch = new Watch(http == null ? Recorder.OFF : recorder);
      session = new MachineSession(config.machine().name(), http, watch);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.USAGE, e.getMessage() + "; use another with --http, or --no-http");
    }
    try {
      RunningMachine started = launcher.start(config, recorder);
      session.machine = started;
      if (http != null) {
        if (!config.guest().isExternal()) {
          session.allowSteps();
        }
        session.watch.begin(new Watch.Machine(started::summary, started::nanoTime, null));
      }
      return session;
    } finally {
      if (session.machine == null) {
        session.close();
      }
    }
  }

  /** Without a token nobody may do them; the machine itself needs none. */
  private void allowSteps() {
    int port = Objects.requireNonNull(web).port();
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      control = new Control(null, new ByHand(), StepToken.create(folder, port));
    } catch (IOException e) {
      LOG.warn(
          "steps by hand are refused: no token can be written to {}: {}", folder, e.toString());
    }
  }

  /** Steps as text. */
  private final class ByHand implements Control.Hand {
    @Override
    public long perform(String step) {
      try {
        return machine().perform(StepByHand.parse(step));
      } catch (ConfigException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
    }

    @Override
    public StepReport report(long number) {
      return machine().report(number);
    }
  }

  RunningMachine machine() {
    RunningMachine running = machine;
    if (running == null) {
      throw new IllegalStateException("the machine has not started yet; ask again");
    }
    return running;
  }

  @Nullable String httpAddress() {
    return web == null ? null : web.address();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Summary summary() {
    RunningMachine running = machine;
    return running == null ? Summary.EMPTY : running.summary();
  }

  @Override
  public ProcessTable processes() {
    return machine().processes();
  }

  @Override
  public StreamsTable streams() {
    return machine().streams();
  }

  @Override
  public AtcContents atc(int requesterId) {
    return machine().atc(requesterId);
  }

  @Override
  public List<String> explain(Question question) {
    return machine().explain(question);
  }

  @Override
  public Watch watch() {
    return watch;
  }

  @Override
  public @Nullable Control control() {
    return control;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    Control allowed = control;
    if (allowed != null) {
      allowed.token().close();
    }
    watch.close();
    if (web != null) {
      web.close();
    }
    if (machine != null) {
      machine.close();
    }
  }
}

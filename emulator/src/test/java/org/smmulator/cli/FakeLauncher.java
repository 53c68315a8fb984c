package org.smmulator.cli;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.Step;
import org.smmulator.history.FakePace;
import org.smmulator.history.Pace;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summaries;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;

/** A machine that only ends as it is told. */
final class FakeLauncher implements MachineLauncher {
  final CountDownLatch started = new CountDownLatch(1);
  Summary summary = Summaries.passed();
  Ending ending = Ending.DONE;
  @Nullable UserException startFailure;
  @Nullable UserException scenarioFailure;
  @Nullable MachineConfig config;
  int closed;
  @Nullable String guestPort;

  @Override
  public SimulatedMachineRun simulated(MachineConfig simulated, Recorder recorder) {
    config = simulated;
    return new FakeSimulation();
  }

  @Override
  public RunningMachine start(MachineConfig started, Recorder recorder) throws UserException {
    if (startFailure != null) {
      throw startFailure;
    }
    config = started;
    this.started.countDown();
    return new FakeMachine();
  }

  private class FakeWatchable implements WatchableMachine {
    @Override
    public AtcContents atc(int requesterId) {
      return new AtcContents("small", "00:04.0", 1, 1, List.of(), true);
    }

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Summary summary() {
      return summary;
    }

    @Override
    public StreamsTable streams() {
      return StreamsTable.EMPTY;
    }

    @Override
    public ProcessTable processes() {
      return ProcessTable.EMPTY;
    }

    @Override
    public List<String> explain(Question question) {
      return List.of("explained");
    }
  }

  private final class FakeSimulation extends FakeWatchable implements SimulatedMachineRun {
    @Override
    public SimulatedOutcome run(Progress progress, BooleanSupplier stopped) {
      return new SimulatedOutcome(ending, summary, 5_000_000, 2_000, 1_000);
    }

    @Override
    public Pace pace() {
      return new FakePace();
    }
  }

  private final class FakeMachine extends FakeWatchable implements RunningMachine {
    @Override
    public long perform(Step step) {
      return 1;
    }

    @Override
    public StepReport report(long number) {
      StepSummary did = new StepSummary("exit alice", 0, 1, 14, List.of());
      return new StepReport(number, StepReport.State.DONE, null, did, List.of());
    }

    @Override
    public List<String> busAddresses() {
      return List.of("127.0.0.1:7701");
    }

    @Override
    public @Nullable String guestPort() {
      return guestPort;
    }

    /** Whoever was at the guest port is gone at once; without one there is nobody to go. */
    @Override
    public void awaitEnd() throws InterruptedException {
      if (guestPort == null) {
        new CountDownLatch(1).await();
      }
    }

    @Override
    public void tellNews(Consumer<String> news) {}

    @Override
    public Ending runScenario(Progress progress) throws UserException {
      progress.update("half of it");
      if (scenarioFailure != null) {
        throw scenarioFailure;
      }
      return ending;
    }

    @Override
    public void close() {
      closed++;
    }
  }
}

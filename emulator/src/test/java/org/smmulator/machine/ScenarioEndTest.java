package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.record.Recorder;

/** Scenarios that end before their last step, on virtual time. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ScenarioEndTest {
  private static final String MACHINE =
      """
      machine: {name: ends, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
      """;

  @TempDir private Path folder;

  /** What was found until then decides: the second device has not answered an invalidation. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "100000 | attachTimeoutMillis: 1 | device 00:04.0 was not attached within 1 ms; | NOT_RUN",
        "2000000 | invalidationTimeoutMillis: 1 | a device cannot be driven: 00:04.0 | FAILED"
      })
  void aScenarioThatStopsNamesTheKeyAndHasFailedOnlyIfSomethingWasFound(
      int linkNanos, String limit, String reason, ExitCode code) {
    UserException end =
        catchThrowableOfType(
            UserException.class,
            () ->
                Machines.simulate(
                    folder,
                    MACHINE
                        + """
                        bus: {%s}
                        simulation: {linkNanos: %d}
                        scenario:
                          steps:
                            - process: {name: alice, pages: 16}
                            - bind: {process: alice, devices: ['00:04.0']}
                        """
                            .formatted(limit, linkNanos),
                    3));
    String key = limit.substring(0, limit.indexOf(':'));
    assertThat(end)
        .hasMessageStartingWith("the scenario stopped: " + reason)
        .hasMessageEndingWith("; bus." + key + " allows more");
    assertThat(end.exitCode()).isEqualTo(code);
  }

  /** The machine unplugs its device, which is still at it. */
  @Test
  void anOperationThatIsInterruptedAtTheTimeOutIsCountedBeforeTheReport() throws Exception {
    MachineConfig config =
        Machines.config(
            folder,
            MACHINE
                + """
                simulation: {deviceNanos: 700000000}
                scenario:
                  timeoutSeconds: 2
                  steps:
                    - process: {name: alice, pages: 1024}
                    - bind: {process: alice, devices: ['00:04.0']}
                    - dma:
                        processes: [alice]
                        devices: ['00:04.0']
                        operations: 100000000
                        mix: [fill]
                        pages: 1024
                        bytes: 1048576
                """);
    for (long seed = 0; seed < 10; seed++) {
      Verdict verdict = verdictAtTheTimeOut(config, seed);
      assertThat(verdict.found(VerdictCounter.DATA_MISMATCHES))
          .as("%s", verdict.violations())
          .isZero();
      assertThat(verdict.found(VerdictCounter.UNENDED_OPERATIONS)).isEqualTo(1);
      assertThat(verdict.outcome()).isEqualTo(Verdict.Outcome.NOT_RUN);
    }
  }

  /** As it is when the report is given, before the machine is closed. */
  private static Verdict verdictAtTheTimeOut(MachineConfig config, long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed, Long.MAX_VALUE);
    Verdict[] verdict = {Verdict.EMPTY};
    execution.run(
        () -> {
          SimulatedPlatform platform = new SimulatedPlatform(execution, config.simulation());
          try (Machine machine = Machine.start(config, platform, Recorder.OFF)) {
            assertThat(machine.runScenario(Machines.silence())).isEqualTo(Ending.TIMED_OUT);
            verdict[0] = machine.summary().verdict();
          } catch (UserException e) {
            throw new AssertionError(e);
          }
        });
    return verdict[0];
  }
}

package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.Progress;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.Verdict.Outcome;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.record.Recorder;

/** Scenarios whose device is lost, silent or unplugged in the middle of its operations. */
@Timeout(600)
class UnendedOperationsTest {
  private static final int VICTIM = 0;

  @TempDir private Path folder;

  private static String story(int operations, int timeoutSeconds) {
    return """
    machine: {name: unended, ramMiB: 64}
    bus: {listen: ['127.0.0.1:0'], completionTimeoutMillis: 5000, invalidationTimeoutMillis: 5000}
    devices:
      - {id: '00:04.0', model: dma, atc: 16x4}
      - {id: '00:05.0', model: dma, atc: 16x4}
    scenario:
      timeoutSeconds: %d
      steps:
        - process: {name: alice, pages: 64}
        - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
        - dma:
            processes: [alice]
            devices: ['00:04.0', '00:05.0']
            operations: %d
            pages: 64
            bytes: 65536
        - verify: {process: alice}
        - exit: {process: alice}
    """
        .formatted(timeoutSeconds, operations);
  }

  private Verdict runAndSend(String signal) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "no /bin/kill (Debian package procps)");
    try (Machine machine =
        Machine.start(Machines.config(folder, story(2_000, 3_600)), Recorder.OFF)) {
      CompletableFuture<Ending> ending = new CompletableFuture<>();
      Thread run =
          new Thread(
              () -> {
                try {
                  ending.complete(machine.runScenario(progress()));
                } catch (Exception e) {
                  ending.completeExceptionally(e);
                }
              });
      run.start();
      while (machine.summary().verdict().checked(CheckedCounter.OPERATIONS) < 20
          && !ending.isDone()) {
        Thread.onSpinWait();
      }
      send(signal, machine.devices().get(VICTIM));
      while (signal.equals("-STOP")
          && machine.summary().verdict().found(VerdictCounter.PROTOCOL_VIOLATIONS) == 0
          && !ending.isDone()) {
        Thread.onSpinWait();
      }
      send("-KILL", machine.devices().get(VICTIM)); // so that nobody waits for it to detach
      assertThat(ending.get()).isEqualTo(Ending.DONE);
      run.join();
      return machine.summary().verdict();
    }
  }

  private static void send(String signal, DeviceProcess device) throws Exception {
    String pid = Long.toString(device.pid());
    new ProcessBuilder("/bin/kill", signal, pid).start().waitFor();
  }

  private static Progress progress() {
    return new Progress(new PrintWriter(System.err, true, StandardCharsets.UTF_8), false, () -> 0);
  }

  /**
   * One operation of the victim has not ended, all of the other device have, and no data differ.
   */
  private static void oneOperationDidNotEnd(Verdict verdict) {
    assertThat(verdict.found(VerdictCounter.DATA_MISMATCHES))
        .as("%s", verdict.violations())
        .isZero();
    assertThat(verdict.found(VerdictCounter.UNENDED_OPERATIONS)).isEqualTo(1);
    assertThat(verdict.checked(CheckedCounter.OPERATIONS)).isBetween(2_000L, 3_999L);
    assertThat(verdict.violations())
        .filteredOn(violation -> violation.kind() == ViolationSummary.Kind.UNENDED_OPERATION)
        .singleElement()
        .satisfies(violation -> assertThat(violation.device()).isEqualTo("00:04.0"));
  }

  @Test
  void anOperationOfAKilledDeviceHasNotEndedAndNoDataDiffer() throws Exception {
    Verdict verdict = runAndSend("-KILL");
    oneOperationDidNotEnd(verdict);
    assertThat(verdict.outcome()).isEqualTo(Outcome.NOT_RUN);
  }

  /** It does not answer the invalidation with which it loses the memory either. */
  @Test
  void anOperationOfAStoppedDeviceHasNotEndedAndNoDataDiffer() throws Exception {
    Verdict verdict = runAndSend("-STOP");
    oneOperationDidNotEnd(verdict);
    assertThat(verdict.found(VerdictCounter.PROTOCOL_VIOLATIONS)).isPositive();
    assertThat(verdict.outcome()).isEqualTo(Outcome.FAILED);
  }

  /** The machine unplugs its devices when the time is over, with whatever they are at. */
  @Test
  void whatTheMachineInterruptsAtItsTimeOutHasNotEndedAndNoDataDiffer() throws Exception {
    Verdict verdict = Verdict.EMPTY;
    for (int seconds = 5; verdict.checked(CheckedCounter.OPERATIONS) == 0; seconds *= 3) {
      String forEver = story(100_000_000, seconds);
      Machines.Outcome outcome = Machines.run(folder, forEver);
      assertThat(outcome.ending()).isEqualTo(Ending.TIMED_OUT);
      verdict = outcome.summary().verdict();
    }
    assertThat(verdict.found(VerdictCounter.DATA_MISMATCHES))
        .as("%s", verdict.violations())
        .isZero();
    assertThat(verdict.found(VerdictCounter.UNENDED_OPERATIONS)).isPositive();
    assertThat(verdict.outcome()).isEqualTo(Outcome.NOT_RUN);
  }
}

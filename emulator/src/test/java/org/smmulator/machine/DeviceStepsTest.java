package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.DeviceStep;
import org.smmulator.config.Step;
import org.smmulator.counter.Counts;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.ledger.ViolationLog;

/** Steps that concern a device itself, and the ways in which a device and a process part. */
class DeviceStepsTest {
  private static final String ALONE =
      """
      machine: {name: device, ramMiB: 64}
      %s
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
      scenario:
        steps:
          - process: {name: alice, pages: 8}
      """;

  private static final String BIND = "bind: {process: alice, devices: ['00:04.0']}";
  private static final String DMA =
      "dma: {processes: [alice], devices: ['00:04.0'], operations: 20, pages: 8}";
  private static final String UNBIND = "unbind: {process: alice, device: '00:04.0'}";
  private static final String EXIT = "exit: {process: alice, unbind: false}";

  private static final String BOB = "process: {name: bob, pages: 8}";
  private static final String BIND_BOB = "bind: {process: bob, devices: ['00:04.0']}";

  @TempDir private Path folder;

  private Summary run(String... steps) throws Exception {
    return runWith("", steps);
  }

  private Summary runWith(String sections, String... steps) throws Exception {
    StringBuilder yaml = new StringBuilder(ALONE.formatted(sections));
    for (String step : steps) {
      yaml.append("    - ").append(step).append('\n');
    }
    return Machines.simulate(folder, yaml.toString(), 1).summary();
  }

  private static void assertClean(Summary summary) {
    assertThat(summary.verdict().violations()).isEmpty();
    assertThat(summary.sva().of(SvaCounter.PASIDS_LIVE)).isZero();
    assertThat(summary.sva().of(SvaCounter.PASIDS_QUARANTINED)).isZero();
  }

  @Test
  void theKernelReadsAndWritesRegistersOfAnyDevice() throws Exception {
    assertClean(
        run(
            "barRead: {device: '00:04.0', offset: 0, value: 0x41444d53}",
            "barRead: {device: '00:04.0', offset: 0, bytes: 1, value: 0x53}",
            "barWrite: {device: '00:04.0', offset: 0x1010, value: 5}",
            "barRead: {device: '00:04.0', offset: 0x1010, value: 5}"));
  }

  @Test
  void aRegisterThatReadsOtherwiseIsAMismatch() throws Exception {
    assertThat(run("barRead: {device: '00:04.0', offset: 0, value: 7}").verdict().violations())
        .extracting(ViolationSummary::text)
        .containsExactly("BAR 0 + 0x0 reads 0x41444d53 and must read 0x7");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          barRead: {device: '00:04.0', offset: 0xfffffffc}           | has no register of 4 bytes at BAR 0 + 0xfffffffc, which has 0x
          barWrite: {device: '00:04.0', bar: 3, offset: 0, value: 1} | has no register of 4 bytes at BAR 3 + 0x0, which has 0x0 bytes
          awaitInterrupt: {device: '00:04.0', vector: 99}            | interrupt vectors, from 0 on, not 99
          barRead: {device: '00:04.0', process: alice, offset: 0}    | alice cannot open 00:04.0: 00:04.0 [
          """)
  void whatADeviceDoesNotHaveIsRefused(String step, String words) {
    assertThatThrownBy(() -> run(step))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(words);
  }

  @Test
  void anInterruptIsWaitedForBesideTheDriver() throws Exception {
    assertClean(run(BIND, DMA, "awaitInterrupt: {device: '00:04.0'}"));
    Summary twice =
        run(
            BIND,
            DMA,
            "awaitInterrupt: {device: '00:04.0'}",
            "awaitInterrupt: {device: '00:04.0', millis: 30}");
    assertThat(twice.verdict().violations())
        .extracting(ViolationSummary::text)
        .containsExactly("no interrupt of vector 0 within 30 ms");
  }

  /** A device of one's own, which no driver of the kernel knows. */
  @Test
  void aProcessDrivesADeviceThroughItsFile() throws Exception {
    ProgramWorld.simulated(
        folder,
        "",
        world -> {
          world.plug(new CopierDevice());
          DataCheck check = new DataCheck(new ViolationLog(20));
          ScenarioGuest guest =
              new ScenarioGuest(world.kernel, check, new DeviceArrivals(world.kernel, 1000));
          GuestSteps steps = new GuestSteps(guest, 1, world.machine.board());
          steps.startProcess(new Step.StartProcess("alice", 2));
          assertThatThrownBy(() -> steps.device(barWrite(null, CopierDevice.MSIX_TABLE, 1)))
              .hasMessage(
                  "00:04.0: BAR 0 + 0x800 belongs to its MSI-X table, which is the kernel's");
          steps.device(barWrite("alice", CopierDevice.BYTES, 64));
          steps.device(barRead("alice", CopierDevice.BYTES, 64));
          // Without a PASID it is refused, says so, and tells by an interrupt.
          steps.device(barWrite("alice", CopierDevice.ROUNDS, 1));
          steps.device(new DeviceStep.AwaitInterrupt(ProgramWorld.DEVICE, "alice", 0, 1000));
          assertThat(check.mismatches()).isZero();
          steps.device(barRead(null, CopierDevice.BYTES, 65));
          assertThat(check.mismatches()).isEqualTo(1);
          steps.startProcess(new Step.StartProcess("bob", 2));
          assertThatThrownBy(() -> steps.device(barWrite("bob", CopierDevice.BYTES, 1)))
              .hasMessageContaining("bob cannot open 00:04.0")
              .hasMessageContaining("open already");
          steps.exit(new Step.Exit("alice", true));
          steps.device(barWrite("bob", CopierDevice.BYTES, 1));
          steps.exit(new Step.Exit("bob", true));
          world.assertNothingIsLeft();
          return true;
        });
  }

  private static DeviceStep barWrite(@Nullable String process, long offset, long value) {
    return new DeviceStep.BarWrite(ProgramWorld.DEVICE, process, 0, offset, 8, value);
  }

  private static DeviceStep barRead(@Nullable String process, long offset, long value) {
    return new DeviceStep.BarRead(ProgramWorld.DEVICE, process, 0, offset, 8, value);
  }

  @Test
  void aSecondBindIsCountedAndTheSecondUnbindEndsBoth() throws Exception {
    Summary summary = run(BIND, BIND, DMA, UNBIND, DMA, UNBIND, BIND, DMA);
    assertClean(summary);
    assertThat(summary.verdict().passed()).isTrue();
    assertThat(summary.sva().of(SvaCounter.BINDS)).isEqualTo(3);
    assertThat(summary.sva().of(SvaCounter.UNBINDS)).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aProcessThatExitsWhileBoundIsTakenFromItsDevicesByTheKernel() throws Exception {
    Summary bound = run(BIND, DMA, EXIT);
    assertClean(bound);
    assertThat(bound.sva().of(SvaCounter.MM_EXITS)).isEqualTo(1);
    assertThat(bound.sva().of(SvaCounter.UNBINDS)).isZero();
    Summary unbound = run(BIND, DMA, EXIT.replace("false", "true"));
    assertThat(unbound.sva().of(SvaCounter.MM_EXITS)).isZero();
    assertThat(unbound.sva().of(SvaCounter.UNBINDS)).isEqualTo(1);
  }

  @Test
  void anIdleProcessIsKilled() throws Exception {
    Summary summary = run(BIND, "kill: {process: alice}");
    assertClean(summary);
    assertThat(summary.sva().of(SvaCounter.MM_EXITS)).isEqualTo(1);
  }

  @Test
  void aDeviceThatWasResetIsBoundAgain() throws Exception {
    Summary summary = run(BIND, DMA, "reset: {device: '00:04.0'}", BIND, DMA);
    assertClean(summary);
    assertThat(summary.verdict().checked(CheckedCounter.OPERATIONS)).isEqualTo(40);
    assertThat(summary.verdict().found(VerdictCounter.UNENDED_OPERATIONS)).isZero();
    assertClean(
        run(
            BIND,
            DMA,
            "detachDomain: {device: '00:04.0'}",
            "reset: {device: '00:04.0'}",
            BIND,
            DMA));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          returns: 0                | 1 | 0 | 0
          sleeps: 9                 | 1 | 0 | 0
          returns: 5                | 1 | 1 | 1
          sleeps: 11                | 1 | 1 | 1
          returns: 110, sleeps: 500 | 1 | 1 | 1
          missing: true             | 0 | 0 | 1
          """)
  void aDriverThatDoesNotSayThatItsDeviceStoppedCostsThePasid(
      String driver, long calls, long failures, long leaks) throws Exception {
    Summary summary =
        runWith(
            "guest: {mmExitTimeoutMillis: 10}",
            BIND,
            DMA,
            "mmExit: {device: '00:04.0', " + driver + "}",
            EXIT);
    Counts<SvaCounter> sva = summary.sva();
    assertClean(summary);
    assertThat(sva.of(SvaCounter.MM_EXITS)).isEqualTo(calls);
    assertThat(sva.of(SvaCounter.MM_EXIT_FAILURES)).isEqualTo(failures);
    assertThat(sva.of(SvaCounter.POSSIBLE_LEAKS)).isEqualTo(leaks);
  }

  /** Of two PASIDs one is left: 0 is nobody's, and the other in quarantine until the reset. */
  @Test
  void aResetGivesThePasidInQuarantineBack() throws Exception {
    String sections = "smmu: {substreamIdBits: 1}";
    String[] until = {BIND, "mmExit: {device: '00:04.0', returns: 5}", EXIT, BOB};
    assertThatThrownBy(() -> runWith(sections, append(until, BIND_BOB)))
        .hasMessageContaining("00:04.0: PASIDs 1 to 1 are all in use");
    String[] reset = append(until, "reset: {device: '00:04.0'}");
    assertClean(runWith(sections, append(reset, BIND_BOB)));
    // The driver is as new, too.
    Summary again = runWith(sections, append(append(reset, BIND_BOB), "kill: {process: bob}"));
    assertThat(again.sva().of(SvaCounter.MM_EXIT_FAILURES)).isEqualTo(1);
  }

  private static String[] append(String[] steps, String step) {
    String[] longer = Arrays.copyOf(steps, steps.length + 1);
    longer[steps.length] = step;
    return longer;
  }
}

package org.smmulator.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.smmulator.api.Smmulator;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.PciFunction;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.Prot;

/** Test classes with machines, run as a user's would be. */
class SmmulatorMachineTest {
  private static final String MACHINE =
      "{machine: {name: test, ramMiB: 64},"
          + " devices: [{id: '00:04.0', model: dma, process: machine}]}";
  private static final String BROKEN =
      "{machine: {name: test, ramMiB: 64}, devices:"
          + " [{id: '00:04.0', model: dma, process: machine, sabotage: keep-invalidated}]}";
  private static final List<String> SEEN = new ArrayList<>();
  private static @Nullable Smmulator last;

  private static EngineExecutionResults run(Class<?> tests) {
    SEEN.clear();
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(tests)).execute();
  }

  private static Throwable failure(EngineExecutionResults results) {
    List<Event> failed = results.allEvents().failed().list();
    assertThat(failed).hasSize(1);
    return failed
        .get(0)
        .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
        .getThrowable()
        .orElseThrow();
  }

  private static void share(Smmulator machine) throws Exception {
    machine.perform("process: {name: alice, pages: 16}");
    machine.perform("bind: {process: alice, devices: ['00:04.0']}");
    machine.perform("dma: {processes: [alice], devices: ['00:04.0'], operations: 50, pages: 16}");
  }

  @SmmulatorMachine(yaml = MACHINE)
  static class OnThreads {
    @BeforeEach
    void shared(Smmulator machine) throws Exception {
      share(machine);
    }

    @Test
    void unmapped(Smmulator machine, GuestKernel kernel) throws Exception {
      assertThat(machine.kernel()).isSameAs(kernel);
      SEEN.add(machine.perform("munmap: {process: alice, page: 0, pages: 16}").did().step());
    }

    @Test
    void listensWhereNobodyElseDoes(Smmulator machine) {
      SEEN.add(machine.busAddresses().get(0).startsWith("127.0.0.1:") ? "listens" : "does not");
    }
  }

  @Test
  void eachTestHasAMachineOfItsOwn() {
    run(OnThreads.class).testEvents().assertStatistics(events -> events.started(2).succeeded(2));
    assertThat(SEEN).containsExactlyInAnyOrder("munmap alice 0-15", "listens");
  }

  @SmmulatorMachine(yaml = MACHINE, simulated = true, seed = 5)
  static class Simulated {
    @BeforeEach
    void shared(Smmulator machine) throws Exception {
      share(machine);
    }

    /** Waits for the guest directly, which only a task of it can. */
    @Test
    void inside(GuestKernel kernel, Smmulator machine) {
      last = machine;
      GuestProcess process = kernel.startProcess("bob");
      kernel.run(process, task -> SEEN.add("mapped " + (task.mmap(1, Prot.READ) != 0))).join();
      process.exit();
    }

    @RepeatedTest(3)
    void overSeeds(Smmulator machine) {
      SEEN.add("seed " + machine.seed().getAsLong());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void withParameters(int number, Smmulator machine) {
      SEEN.add(number + " seed " + machine.seed().getAsLong());
    }

    @TestFactory
    Stream<DynamicTest> dynamic(Smmulator machine) {
      return Stream.of(
          DynamicTest.dynamicTest(
              "one", () -> SEEN.add("entries " + !atc(machine).entries().isEmpty())));
    }

    private static org.smmulator.pcie.AtcContents atc(Smmulator machine) {
      return machine.atc(PciAddress.of(0, 4, 0));
    }

    @Nested
    class Inner {
      @Test
      @SmmulatorMachine(yaml = MACHINE, simulated = true, seed = 77)
      void anAnnotationOfTheMethodCounts(Smmulator machine) {
        SEEN.add("inner seed " + machine.seed().getAsLong());
      }

      @Test
      void otherwiseThatAround(Smmulator machine) {
        SEEN.add("outer seed " + machine.seed().getAsLong());
      }
    }

    @AfterEach
    void stillThere(Smmulator machine) {
      assertThat(machine.processes().processes()).isNotEmpty();
    }
  }

  @Test
  void aTestOfASimulatedMachineRunsInsideOfIt() {
    run(Simulated.class).testEvents().assertStatistics(events -> events.failed(0).succeeded(9));
    assertThat(SEEN)
        .containsExactlyInAnyOrder(
            "mapped true",
            "seed 5",
            "seed 6",
            "seed 7",
            "1 seed 5",
            "2 seed 6",
            "entries true",
            "inner seed 77",
            "outer seed 5");
    Smmulator over = Objects.requireNonNull(last);
    assertThatThrownBy(() -> over.call(() -> true)).hasMessage("the machine is closed");
  }

  @Test
  void aSeedCanBeGivenToRepeatARun() {
    System.setProperty(MachineOfTest.SEED, "42");
    try {
      run(Simulated.class).testEvents().assertStatistics(events -> events.failed(0));
    } finally {
      System.clearProperty(MachineOfTest.SEED);
    }
    assertThat(SEEN).contains("seed 42", "inner seed 42").doesNotContain("seed 5");
  }

  @Test
  void aSeedThatIsNoNumberIsRefused() {
    System.setProperty(MachineOfTest.SEED, "abc");
    try {
      assertThat(failure(run(Failing.class)))
          .hasMessage("smmulator.seed: 'abc' is no whole number");
    } finally {
      System.clearProperty(MachineOfTest.SEED);
    }
  }

  static class Stale {
    @Test
    @SmmulatorMachine(yaml = BROKEN, simulated = true, seed = 3)
    void unmappedUnderDma(Smmulator machine) throws Exception {
      share(machine);
      machine.perform("munmap: {process: alice, page: 0, pages: 16, remap: true}");
      machine.perform("dma: {processes: [alice], devices: ['00:04.0'], operations: 50, pages: 16}");
    }
  }

  @Test
  void aViolationFailsTheTestThatSawNothing() {
    Throwable failure = failure(run(Stale.class));
    assertThat(failure)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Verdict: FAILED")
        .hasMessageContaining("stale access: device 00:04.0");
    assertThat(failure.getSuppressed())
        .extracting(Throwable::getMessage)
        .contains("the machine was simulated with seed 3; -Dsmmulator.seed=3 repeats it");
  }

  static class StaleAndAborted extends Stale {
    @Override
    @Test
    @SmmulatorMachine(yaml = BROKEN, simulated = true, seed = 3)
    void unmappedUnderDma(Smmulator machine) throws Exception {
      super.unmappedUnderDma(machine);
      Assumptions.abort("too early");
    }
  }

  static class StaleAndWrong extends Stale {
    @Override
    @Test
    @SmmulatorMachine(yaml = BROKEN, simulated = true, seed = 3)
    void unmappedUnderDma(Smmulator machine) throws Exception {
      super.unmappedUnderDma(machine);
      throw new AssertionError("wrong data");
    }
  }

  @Test
  void aViolationIsToldWhateverElseTheTestSays() {
    assertThat(failure(run(StaleAndAborted.class))).hasMessageContaining("Verdict: FAILED");
    Throwable wrong = failure(run(StaleAndWrong.class));
    assertThat(wrong).hasMessage("wrong data");
    assertThat(wrong.getSuppressed())
        .extracting(Throwable::getMessage)
        .anyMatch(said -> said.contains("Verdict: FAILED"));
  }

  /** A model that is no good. */
  static final class Broken implements DeviceModel {
    @Override
    public PciFunction function() {
      return PciFunction.builder(0x1234, 0x5678, 0xFF0000).memoryBar64(0, 4096).build();
    }

    @Override
    public void start(DeviceContext context) {}

    @Override
    public long readBar(int bar, long offset, int sizeBytes) {
      throw new IllegalStateException("no such register");
    }

    @Override
    public void writeBar(int bar, long offset, int sizeBytes, long value) {}

    @Override
    public void reset() {}

    @Override
    public void stop() {}
  }

  static class BrokenModel {
    @Test
    @SmmulatorMachine(yaml = MACHINE, simulated = true)
    void reads(Smmulator machine) throws Exception {
      PciAddress slot = PciAddress.of(0, 6, 0);
      machine.plug(slot, new Broken());
      machine.run("bob", task -> task.open(slot).read32(0, 0));
    }
  }

  @Test
  void aModelThatThrowsFailsTheTest() {
    assertThat(failure(run(BrokenModel.class)))
        .hasMessageContaining("the model of device 00:06.0 threw")
        .hasRootCauseMessage("no such register");
  }

  static class StaleOnPurpose extends Stale {
    @Override
    @Test
    @SmmulatorMachine(yaml = BROKEN, simulated = true, verdict = false)
    void unmappedUnderDma(Smmulator machine) throws Exception {
      super.unmappedUnderDma(machine);
      assertThat(machine.verdict().clean()).isFalse();
    }
  }

  @Test
  void whoWantsNoVerdictGetsNone() {
    run(StaleOnPurpose.class).testEvents().assertStatistics(events -> events.succeeded(1));
  }

  @SmmulatorMachine(yaml = MACHINE, simulated = true, seed = 9)
  static class Failing {
    @Test
    void fails(Smmulator machine) {
      throw new IllegalArgumentException("of the test, at seed " + machine.seed().getAsLong());
    }
  }

  @Test
  void aFailureNamesItsSeed() {
    Throwable failure = failure(run(Failing.class));
    assertThat(failure)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("of the test, at seed 9");
    assertThat(failure.getSuppressed()[0]).hasMessageContaining("-Dsmmulator.seed=9 repeats it");
  }

  @SmmulatorMachine(yaml = MACHINE, simulated = true)
  static class Endless {
    @Test
    @Timeout(value = 100, unit = TimeUnit.MILLISECONDS)
    void waitsForEver(GuestKernel kernel) {
      kernel.sched().waitQueue("for ever").await(() -> false, Long.MAX_VALUE);
    }
  }

  @Test
  void aTestThatTakesTooLongEnds() {
    assertThat(failure(run(Endless.class)))
        .isInstanceOf(java.util.concurrent.TimeoutException.class)
        .hasMessageContaining("timed out");
  }

  @SmmulatorMachine(value = "machines/from-class-path.yaml", with = "machine.name=other")
  static class OfAFile {
    @Test
    void there(Smmulator machine) {
      SEEN.add(machine.events().isEmpty() ? "silent" : "booted");
    }
  }

  @Test
  void aMachineFileMayBeAResource() {
    run(OfAFile.class).testEvents().assertStatistics(events -> events.succeeded(1));
    assertThat(SEEN).containsExactly("booted");
  }

  static class Wrong {
    @Test
    @SmmulatorMachine("nowhere.yaml")
    void noSuchFile() {}

    @Test
    @SmmulatorMachine
    void nothing() {}

    @Test
    @SmmulatorMachine(yaml = MACHINE, with = "machine.name")
    void noValue() {}

    @Test
    @SmmulatorMachine(yaml = "machin: {name: x}")
    void noMachine() {}
  }

  @Test
  void whatIsWrongIsSaid() {
    assertThat(run(Wrong.class).testEvents().failed().stream())
        .extracting(
            event ->
                event
                    .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
                    .getThrowable()
                    .orElseThrow()
                    .getMessage())
        .hasSize(4)
        .anyMatch(said -> said.contains("there is no machine file nowhere.yaml, neither in "))
        .anyMatch(said -> said.contains("needs a machine file, or yaml = \"..\"; one of the two"))
        .anyMatch(said -> said.contains("with: 'machine.name' is not KEY=VALUE"))
        .anyMatch(said -> said.contains("machin") && said.contains("did you mean machine?"));
  }

  @SmmulatorMachine(yaml = MACHINE)
  static class OnceForAll {
    @BeforeAll
    static void tooEarly(Smmulator machine) {
      SEEN.add("early " + machine.seed());
    }

    @Test
    void never() {}
  }

  @Test
  void beforeAllTestsThereIsNoMachine() {
    assertThat(failure(run(OnceForAll.class)))
        .hasMessageContaining("there is a machine for each test");
  }
}

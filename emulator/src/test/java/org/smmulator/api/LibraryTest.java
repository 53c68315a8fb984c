package org.smmulator.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ConfigException;
import org.smmulator.config.Configs;
import org.smmulator.device.model.edu.EduDevice;
import org.smmulator.execution.ScheduleFailure;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepSummary.OnDevice;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.Verdict.Outcome;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;

/** Machines as a library has them, on real time and simulated. */
class LibraryTest {
  private static final PciAddress DEVICE = PciAddress.of(0, 4, 0);
  private static final String MACHINE =
      """
      machine: {name: library, ramMiB: 64}
      devices: [{id: '00:04.0', model: dma, name: copier, atc: 16x4, process: machine}]
      """;
  private static final List<String> SHARED =
      List.of(
          "process: {name: alice, pages: 16}",
          "bind: {process: alice, devices: ['00:04.0']}",
          "dma: {processes: [alice], devices: ['00:04.0'], operations: 200, pages: 16}");

  @TempDir private Path folder;

  private static MachineSetup setup(boolean simulated) {
    MachineSetup setup = MachineSetup.ofYaml(MACHINE);
    return simulated ? setup.simulated(7) : setup;
  }

  private static void share(Smmulator machine) throws Exception {
    for (String step : SHARED) {
      machine.perform(step);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stepsAreDoneOneByOneAndTellWhatTheyCaused(boolean simulated) throws Exception {
    Smmulator machine = Smmulator.start(setup(simulated));
    try (machine) {
      share(machine);
      assertThat(machine.processes().processes()).extracting("name").containsExactly("alice");
      assertThat(machine.atc(DEVICE).entries()).hasSizeGreaterThan(16);

      StepReport munmap = machine.perform("munmap: {process: alice, page: 0, pages: 16}");
      assertThat(munmap.did().notifierCalls()).isEqualTo(1);
      OnDevice device = munmap.did().devices().get(0);
      assertThat(device.entriesDropped()).isEqualTo(16);
      assertThat(
              machine.explain(
                  Map.of("device", "copier", "process", "alice", "page", "3", "access", "read")))
          .contains("result: aborted", "ledger: the device holds no grant of this page");
    }
    assertThat(machine.verdict().clean()).isTrue();
    assertThat(machine.verdict().found(VerdictCounter.UNENDED_OPERATIONS)).isZero();
    assertThat(machine.devices().get(0).attached()).as("it has left").isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void programsRunInProcessesAndDriveDevicesOfTheCallersOwn(boolean simulated) throws Exception {
    PciAddress slot = PciAddress.of(0, 6, 0);
    List<Long> identification = new ArrayList<>();
    try (Smmulator machine = Smmulator.start(setup(simulated))) {
      machine.plug(slot, new EduDevice(EduDevice.DEFAULT_DMA_MASK));
      machine.run(
          "alice",
          task -> {
            long page = task.mmap(4096, Prot.READ_WRITE);
            task.store64(page, 42);
            DeviceFile edu = task.open(slot);
            identification.add(edu.read32(0, 0) & 0xffL);
            identification.add(task.load64(page));
          });
      assertThat(machine.devices()).extracting("model").contains("EduDevice");
      assertThat(machine.summary().mm().of(MmCounter.LIVE_ADDRESS_SPACES))
          .as("its process ends with it")
          .isZero();
    }
    assertThat(identification).containsExactly(0xedL, 42L);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAProgramThrowsIsTold(boolean simulated) throws Exception {
    try (Smmulator machine = Smmulator.start(setup(simulated))) {
      assertThatThrownBy(() -> machine.run("alice", task -> task.load64(4096)))
          .isInstanceOf(MachineException.class)
          .hasMessageContaining("of process alice failed")
          .hasCauseInstanceOf(SegmentationFault.class);
      assertThatThrownBy(() -> machine.run("alice", task -> task.open(PciAddress.of(0, 9, 0))))
          .hasCauseInstanceOf(IommuException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stepsThatCannotBeDoneAreRefusedWithASentence(boolean simulated) throws Exception {
    try (Smmulator machine = Smmulator.start(setup(simulated))) {
      assertThatThrownBy(() -> machine.perform("munmap: {process: alice, page: 0, pages: 1}"))
          .isInstanceOf(MachineException.class)
          .hasMessageStartingWith("munmap alice 0: ")
          .hasMessageContaining("alice");
      assertThatThrownBy(() -> machine.perform("mumap: {}")).isInstanceOf(ConfigException.class);
      assertThatThrownBy(() -> machine.atc(PciAddress.of(0, 9, 0)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("00:09.0");
      assertThatThrownBy(() -> machine.explain(Map.of("address", "0")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aScenarioRunsToItsVerdict(boolean simulated) throws Exception {
    MachineSetup file = MachineSetup.ofFile(Configs.folder().resolve("little.yaml"));
    try (Smmulator machine = Smmulator.start(simulated ? file.simulated(3) : file)) {
      assertThat(machine.devices()).isEmpty();
      Verdict verdict = machine.runScenario();
      assertThat(verdict.outcome()).isEqualTo(Outcome.PASSED);
      assertThat(machine.summary().steps()).isNotEmpty();
    }
  }

  @Test
  void aScenarioWhoseTimeIsOverIsCutShort() throws Exception {
    String scenario =
        """
        scenario:
          timeoutSeconds: 1
          steps:
            - process: {name: alice, pages: 16}
            - bind: {process: alice, devices: ['00:04.0']}
            - dma: {processes: [alice], devices: ['00:04.0'], operations: 100000000, pages: 16}
        """;
    Smmulator machine = Smmulator.start(MachineSetup.ofYaml(MACHINE + scenario));
    try (machine) {
      Verdict verdict = machine.runScenario();
      assertThat(verdict.cutShort()).isTrue();
      assertThat(verdict.outcome()).isEqualTo(Outcome.NOT_RUN);
    }
    assertThat(machine.verdict().cutShort()).as("and stays so").isTrue();
  }

  @Test
  void aBrokenDeviceIsInTheVerdict() throws Exception {
    try (Smmulator machine = withStaleAccesses()) {
      assertThat(machine.verdict().outcome()).isEqualTo(Outcome.FAILED);
      assertThat(machine.verdict().found(VerdictCounter.STALE_ACCESSES)).isPositive();
      assertThatThrownBy(() -> machine.perform("expect: {violations: {staleAccesses: 0}}"))
          .isInstanceOf(MachineException.class);
    }
  }

  @Test
  void whatIsExpectedByHandIsNoViolation() throws Exception {
    try (Smmulator machine = withStaleAccesses()) {
      machine.perform(
          "expect: {violations: {staleAccesses: {atLeast: 1}, dataMismatches: {atLeast: 0},"
              + " freedUnderGrant: {atLeast: 0}, protocolViolations: {atLeast: 0}}}");
      assertThat(machine.verdict().clean()).isTrue();
    }
  }

  /** Of a device that keeps what it was told to forget. */
  private static Smmulator withStaleAccesses() throws Exception {
    String broken = MACHINE.replace("atc: 16x4", "atc: 16x4, sabotage: keep-invalidated");
    Smmulator machine = Smmulator.start(MachineSetup.ofYaml(broken).simulated(1));
    share(machine);
    machine.perform("munmap: {process: alice, page: 0, pages: 16, remap: true}");
    machine.perform(SHARED.get(2));
    return machine;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSlotIsPluggedWhenItIsFree(boolean simulated) throws Exception {
    try (Smmulator machine = Smmulator.start(setup(simulated))) {
      assertThatThrownBy(() -> machine.plug(DEVICE, new EduDevice(EduDevice.DEFAULT_DMA_MASK)))
          .isInstanceOf(MachineException.class)
          .hasMessage("there is a device at 00:04.0; use another slot, or unplug it first");
      machine.perform("unplug: {device: '00:04.0'}");
      machine.plug(PciAddress.of(0, 6, 0), new EduDevice(EduDevice.DEFAULT_DMA_MASK));
      machine.plug(DEVICE, new EduDevice(EduDevice.DEFAULT_DMA_MASK));
      assertThat(machine.devices()).filteredOn("attached", true).hasSize(2);
    }
  }

  /** The kernel's own tasks, too. */
  @Test
  void aClosedMachineLeavesNoThread() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    try (Smmulator machine = Smmulator.start(setup(false))) {
      share(machine);
    }
    try (Smmulator machine = Smmulator.start(setup(true))) {
      machine.perform(SHARED.get(0));
    }
    List<Thread> left = new ArrayList<>(Thread.getAllStackTraces().keySet());
    left.removeAll(before);
    for (Thread thread : left) {
      if (!thread.getName().startsWith("globalEventExecutor")) { // Netty's, which ends by itself
        thread.join();
      }
    }
  }

  @Test
  void aMachineCanBeClosedFromInside() throws Exception {
    Smmulator machine = Smmulator.start(setup(true));
    machine.run(machine::close);
    assertThat(machine.summary().devices()).hasSize(1);
    machine.close();
  }

  @Test
  void oneSeedIsOneRun() throws Exception {
    assertThat(told(7)).isEqualTo(told(7)).isNotEqualTo(told(8));
  }

  private static List<MachineEvent> told(long seed) throws Exception {
    try (Smmulator machine =
        Smmulator.start(MachineSetup.ofYaml(MACHINE).simulated(seed).events(Detail.TRAFFIC))) {
      share(machine);
      return machine.events();
    }
  }

  @Test
  void eventsNameTheirCauses() throws Exception {
    try (Smmulator machine = Smmulator.start(setup(true))) {
      share(machine);
      machine.perform("munmap: {process: alice, page: 0, pages: 16}");
      List<MachineEvent> events = machine.events();
      MachineEvent call =
          events.stream()
              .filter(e -> e.kind() == EventKind.CALL_BEGINS && e.what().contains("munmap"))
              .findFirst()
              .orElseThrow();
      assertThat(events)
          .filteredOn(e -> e.cause() == call.id() && e.kind() == EventKind.NOTIFIER_BEGINS)
          .hasSize(1);
      assertThat(events).extracting(MachineEvent::kind).doesNotContain(EventKind.TASK_RUNS);
    }
    try (Smmulator quiet = Smmulator.start(setup(true).events(Detail.NOTHING))) {
      assertThat(quiet.events()).isEmpty();
    }
  }

  /** They would be in each other's way if they listened where their files say. */
  @Test
  void machinesRunBesideEachOther() throws Exception {
    try (Smmulator one = Smmulator.start(setup(false));
        Smmulator other = Smmulator.start(setup(false))) {
      assertThat(one.busAddresses()).hasSize(1).isNotEqualTo(other.busAddresses());
      assertThatThrownBy(
              () ->
                  Smmulator.start(
                      setup(false).with("bus.listen=['" + one.busAddresses().get(0) + "']")))
          .isInstanceOf(MachineException.class)
          .hasMessageContaining(one.busAddresses().get(0));
    }
    try (Smmulator simulated = Smmulator.start(setup(true))) {
      assertThat(simulated.busAddresses()).isEmpty();
      assertThat(simulated.seed()).hasValue(7);
    }
  }

  @Test
  void aFileThatCannotBeUsedSaysWhere() throws Exception {
    Path file = Files.writeString(folder.resolve("m.yaml"), "machine: {name: m}\nsmu: {}\n");
    assertThatThrownBy(() -> Smmulator.start(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("m.yaml:2: smu");
    assertThatThrownBy(() -> Smmulator.start(setup(false).with("smmu.tlbEntrys=64")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("MachineSetup.with: smmu.tlbEntrys");
    assertThatThrownBy(() -> setup(false).with("=64")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                Smmulator.start(
                    MachineSetup.ofYaml("machine: {name: m}\nguest: external\n").simulated(1)))
        .hasMessageContaining("a simulated machine needs the built-in guest");
  }

  /** A simulated machine stands between two calls; inside of one its caller can wait. */
  @Test
  void whoIsInsideCanWaitForTheGuest() throws Exception {
    try (Smmulator machine = Smmulator.start(setup(true))) {
      String name =
          machine.call(
              () -> {
                GuestProcess process = machine.kernel().startProcess("alice");
                machine.kernel().run(process, task -> task.sleepUntil(1_000_000_000)).join();
                process.exit();
                assertThat(machine.verdict().clean()).as("also from inside").isTrue();
                return process.name();
              });
      assertThat(name).isEqualTo("alice");
      assertThatThrownBy(
              () ->
                  machine.run(
                      () -> {
                        throw new IllegalArgumentException("of the caller");
                      }))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("of the caller");
      assertThatThrownBy(
              () ->
                  machine.run(
                      () -> {
                        throw new AssertionError("of a test");
                      }))
          .isInstanceOf(AssertionError.class);
      assertThat(machine.verdict().clean()).as("it goes on").isTrue();
    }
  }

  /**
   * What its caller waits for may never come: time goes on, as devices report their counts. The
   * caller of a test is interrupted by its timeout.
   */
  @Test
  void anInterruptedCallerComesBackAndTheRunEnds() throws Exception {
    CompletableFuture<Exception> thrown = new CompletableFuture<>();
    CompletableFuture<Void> inside = new CompletableFuture<>();
    Smmulator machine = Smmulator.start(setup(true));
    Thread caller =
        new Thread(
            () -> {
              try {
                machine.run(
                    () -> {
                      inside.complete(null);
                      machine
                          .kernel()
                          .sched()
                          .waitQueue("for ever")
                          .await(() -> false, Long.MAX_VALUE);
                    });
              } catch (Exception e) {
                thrown.complete(e);
              }
            });
    caller.start();
    inside.join();
    caller.interrupt();
    assertThat(thrown.join()).isInstanceOf(InterruptedException.class);
    assertThatThrownBy(machine::verdict)
        .isInstanceOf(ScheduleFailure.class)
        .hasMessageContaining("seed 7")
        .hasMessageContaining("its caller was interrupted");
    machine.close();
    caller.join();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void closedTwiceAndAskedAfterwards(boolean simulated) throws Exception {
    Smmulator machine = Smmulator.start(setup(simulated));
    machine.close();
    machine.close();
    assertThat(machine.summary().devices()).hasSize(1);
    assertThatThrownBy(() -> machine.perform(SHARED.get(0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}

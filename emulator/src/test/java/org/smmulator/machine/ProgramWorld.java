package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.InProcessWire;
import org.smmulator.bus.wire.Transit;
import org.smmulator.config.MachineConfig;
import org.smmulator.counter.Counts;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Execution;
import org.smmulator.execution.TaskLoop;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.UserTask;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.generic.DeviceFile;
import org.smmulator.guest.pci.generic.DmaBuffer;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;

/** A whole machine with one device of the test's own, whose programs run in processes. */
final class ProgramWorld {
  static final PciAddress DEVICE = PciAddress.of(0, 4, 0);
  static final long FOREVER = Long.MAX_VALUE;
  static final int PAGE = 4096;

  private static final int FIRST = Integer.getInteger("smmulator.firstSeed", 1);
  private static final int SEEDS = Integer.getInteger("smmulator.seeds", 20);
  private static final String MACHINE =
      "machine: {name: programs, ramMiB: 64}\nguest: {frameQuarantine: 0}\n";

  /** Frames of a second-level stream table, 256 STEs of 64 bytes, which the driver keeps. */
  private static final int STREAM_TABLE = 4;

  final Machine machine;
  final GuestKernel kernel;
  private final Execution execution;
  private final @Nullable Transit transit;
  private final long framesAtFirst;

  /** What a test does with it; true if its actors met. */
  interface Story {
    boolean tell(ProgramWorld world) throws Exception;
  }

  private ProgramWorld(Machine machine, @Nullable Transit transit) {
    this.machine = machine;
    this.transit = transit;
    this.kernel = machine.kernel();
    this.execution = kernel.sched().execution();
    this.framesAtFirst = kernel.frames().freeFrames();
  }

  /** Tells a story on threads, with the devices of a machine file; they may meet or not. */
  static void onThreads(Path folder, String devices, Story story) throws Exception {
    MachineConfig config = Machines.config(folder, MACHINE + devices);
    try (Machine machine = Machine.start(config, Recorder.OFF)) {
      story.tell(new ProgramWorld(machine, null));
    }
  }

  /** Tells a story once for each seed; in some of them its actors meet. */
  static void simulated(Path folder, String devices, Story story) throws Exception {
    MachineConfig config = Machines.config(folder, MACHINE + devices);
    int met = 0;
    for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
      met += simulate(config, seed, story) ? 1 : 0;
    }
    System.err.printf("%d of %d seeds met%n", met, SEEDS);
    assertThat(met).as("seeds in which the actors met").isPositive();
  }

  private static boolean simulate(MachineConfig config, int seed, Story story) {
    DeterministicExecution execution = new DeterministicExecution(seed, Long.MAX_VALUE);
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] met = {false};
    execution.run(
        () -> {
          SimulatedPlatform platform = new SimulatedPlatform(execution, config.simulation());
          try (Machine machine = Machine.start(config, platform, Recorder.OFF)) {
            met[0] = story.tell(new ProgramWorld(machine, frame -> random.nextLong(200, 800)));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    return met[0];
  }

  /** Plugs a model in and waits until it is driven. */
  <M extends DeviceModel> M plug(M model) throws Exception {
    AttachedDevice device =
        new AttachedDevice(
            model,
            DeviceOptions.of("test", "test").withRequesterId(DEVICE.requesterId()).withAtc(4, 4),
            execution);
    InProcessWire.join(
        machine.board().rootComplex().newPort(),
        machine.board().loop(),
        transit,
        device.handler(),
        TaskLoop.start(execution, "link of the test's device"),
        transit,
        machine.board().linkLimits());
    Objects.requireNonNull(kernel.awaitDriven(DEVICE, FOREVER));
    return model;
  }

  /** The device's link is cut, whatever is under way on it. */
  void pullOut() {
    cut();
    assertThat(kernel.awaitGone(DEVICE, FOREVER)).isTrue();
  }

  void cut() {
    machine
        .board()
        .ask(
            () -> {
              machine.board().rootComplex().unplug(DEVICE.requesterId(), "by the test");
              return true;
            });
  }

  long count(SvaCounter counter) {
    return kernel.sva().statistics().of(counter);
  }

  /** Events that the SMMU has recorded: what it refused, and was not told to be silent about. */
  long events() {
    return machine
        .board()
        .ask(
            () ->
                machine.board().smmu().counters().events().values().stream()
                    .mapToLong(Long::longValue)
                    .sum());
  }

  /** Every process has ended. */
  void assertNothingIsLeft() {
    if (kernel.awaitGone(DEVICE, kernel.sched().nanoTime())) {
      kernel.addressSpaces().flushAsyncPuts();
    } else {
      pullOut();
    }
    Counts<SvaCounter> sva = kernel.sva().statistics();
    assertThat(sva.of(SvaCounter.BONDS)).as("bonds").isZero();
    assertThat(sva.of(SvaCounter.PASIDS_LIVE)).as("PASIDs").isZero();
    assertThat(sva.of(SvaCounter.PASIDS_QUARANTINED)).as("PASIDs in quarantine").isZero();
    assertThat(kernel.frames().touchedWhileFree()).isZero();
    assertThat(machine.summary().verdict().violations()).isEmpty();
    assertThat(machine.summary().devices().get(0).count(FunctionCounter.TRANSLATIONS_HELD))
        .isZero();
    assertThat(kernel.frames().freeFrames())
        .as("free frames")
        .isEqualTo(framesAtFirst - STREAM_TABLE);
  }

  /** What a program has of the {@link CopierDevice} once it drives it: two pages and a record. */
  record Copier(UserTask task, DeviceFile file, int pasid, long from, long to, DmaBuffer record) {
    static Copier open(UserTask task) throws IommuException {
      DeviceFile file = task.open(DEVICE);
      int pasid = file.bindSva();
      long from = task.mmap(PAGE, Prot.READ_WRITE);
      long to = task.mmap(PAGE, Prot.READ_WRITE);
      return new Copier(
          task, file, pasid, from, to, file.allocate(PAGE, DmaDirection.BIDIRECTIONAL));
    }

    /** Has the device copy so often; returns at once. */
    void start(long rounds) {
      file.write64(0, CopierDevice.SOURCE, from);
      file.write64(0, CopierDevice.DESTINATION, to);
      file.write64(0, CopierDevice.BYTES, PAGE);
      file.write64(0, CopierDevice.PASID, pasid);
      file.write64(0, CopierDevice.RECORD, record.iova());
      file.write64(0, CopierDevice.ROUNDS, rounds);
    }

    /** Copies once; the failure that the device tells. */
    long copy() throws IommuException {
      start(1);
      assertThat(file.awaitInterrupt(0, FOREVER)).isEqualTo(1);
      return file.read64(0, CopierDevice.FAILURE);
    }
  }
}

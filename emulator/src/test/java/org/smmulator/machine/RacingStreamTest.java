package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.Step;
import org.smmulator.config.Step.Operation;
import org.smmulator.config.Step.Protection;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.machine.StandInDevice.Bug;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.ledger.ViolationLog;

/**
 * Streams beside steps that change the same pages, under the deterministic scheduler: whatever the
 * order, devices that do right are found right, and one that does wrong is found.
 */
class RacingStreamTest {
  private static final long RAM = 0x4000_0000L;
  private static final long RAM_BYTES = 4 << 20;
  private static final int PAGES = 8;
  private static final int OPERATIONS = 24;
  private static final int STEPS = 16;
  private static final long LONG_NANOS = 60_000_000_000L;
  private static final long MOST_SCHEDULED = 10_000_000L;

  /** The steps that race. */
  private enum Race {
    MPROTECT,
    MUNMAP,
    MUNMAP_AND_REMAP,
    AGE,
    WRITE,
    FORK,
    VERIFY,
    UNBIND,
    KILL
  }

  /** Steps that found an operation in the hands of a device, over all seeds. */
  private final Map<Race, Integer> raced = new EnumMap<>(Race.class);

  private static LongStream seeds(int count) {
    Long only = Long.getLong("smmulator.seed");
    return only == null ? LongStream.range(0, count) : LongStream.of(only);
  }

  /** What a run found, if anything, and its counts. */
  private record Found(ViolationLog log, DataCheck check) {}

  private static Found run(long seed, Consumer<World> story) {
    DeterministicExecution execution = new DeterministicExecution(seed, MOST_SCHEDULED);
    ViolationLog log = new ViolationLog(20);
    DataCheck check = new DataCheck(log);
    execution.run(() -> story.accept(new World(new Sched(execution), check, seed)));
    return new Found(log, check);
  }

  /** One process with two devices, in the middle of a stream. */
  private static final class World {
    final Sched sched;
    final DataCheck check;
    final SplittableRandom random;
    final ScenarioProcess process;
    final List<StandInDevice> devices = new ArrayList<>();
    final Protection[] protections = new Protection[PAGES];
    private int children;

    World(Sched sched, DataCheck check, long seed) {
      this.sched = sched;
      this.check = check;
      random = new SplittableRandom(seed);
      FrameAllocator frames =
          new FrameAllocator(
              sched,
              new SparseMemory(RAM, RAM_BYTES),
              (pa, generation) -> {},
              new FrameAllocator.Config(RAM, RAM_BYTES, true, 8));
      GuestProcess guest = GuestProcess.start("bob", new AddressSpaces(sched, frames));
      long base = guest.mm().mmap(PAGES * BufferModel.PAGE_BYTES, Prot.READ_WRITE);
      process = new ScenarioProcess(guest, base, new BufferModel(sched, PAGES), new Gate(sched));
      for (int i = 0; i < PAGES; i++) {
        protections[i] = Protection.READ_WRITE;
      }
      for (int i = 0; i < 2; i++) {
        StandInDevice device =
            new StandInDevice(
                sched,
                PciAddress.of(0, 4 + i, 0),
                guest.mm(),
                base,
                PAGES * BufferModel.PAGE_BYTES,
                seed + i);
        devices.add(device);
        process.bindings().add(new Binding(sched, device));
      }
    }

    ProcessSteps steps() {
      return new ProcessSteps(sched, process, check);
    }

    Task startStream(int operations) {
      int bytes = random.nextBoolean() ? 512 : 6000;
      return startStream(
          operations,
          new AddressStream(random.nextLong(), List.of(Operation.values()), 0, PAGES, bytes));
    }

    Task startStream(int operations, AddressStream addresses) {
      DmaStream stream =
          new DmaStream(
              sched, process, List.copyOf(process.bindings()), addresses, check, new AtomicLong());
      return sched.spawn("stream", () -> stream.run(operations));
    }

    void finish(Task stream) {
      stream.join();
      if (stream.failure() != null) {
        throw new AssertionError("the stream failed", stream.failure());
      }
    }

    /** One of the races at a random place; whether it raced with an operation. */
    boolean step(Race race) {
      int before = devices.stream().mapToInt(device -> device.racedSteps).sum();
      int page = random.nextInt(PAGES);
      int pages = 1 + random.nextInt(PAGES - page);
      if (race == Race.UNBIND && process.bindings().size() > 1) {
        steps().awaitBusy(process.bindings().get(0));
      }
      devices.forEach(StandInDevice::step);
      step(race, page, pages);
      return devices.stream().mapToInt(device -> device.racedSteps).sum() > before;
    }

    private void step(Race race, int page, int pages) {
      switch (race) {
        case MPROTECT -> mprotect(page, pages);
        case MUNMAP -> munmap(page, pages, false);
        case MUNMAP_AND_REMAP -> munmap(page, pages, true);
        case AGE -> steps().age(new Step.Age("bob", page, pages));
        case WRITE -> write(page, pages);
        case FORK -> {
          ScenarioProcess child = steps().fork(new Step.Fork("bob", "child" + children++));
          ProcessSteps ofChild = new ProcessSteps(sched, child, check);
          ofChild.verify();
          ofChild.exit();
        }
        case VERIFY -> steps().verify();
        case UNBIND -> {
          if (process.bindings().size() > 1) {
            steps().unbindWhileBusy(process.bindings().get(0));
          }
        }
        case KILL -> steps().kill();
      }
    }

    /** Of what is mapped, as the kernel demands. */
    private void mprotect(int page, int pages) {
      Protection now = List.of(Protection.values()).get(random.nextInt(3));
      for (int i = page; i < page + pages; i++) {
        if (protections[i] != null) {
          steps().mprotect(new Step.Mprotect("bob", i, 1, now));
          protections[i] = now;
        }
      }
    }

    private void munmap(int page, int pages, boolean remap) {
      steps().munmap(new Step.Munmap("bob", page, pages, remap));
      for (int i = page; i < page + pages; i++) {
        protections[i] = remap ? Protection.READ_WRITE : null;
      }
    }

    private void write(int page, int pages) {
      for (int i = page; i < page + pages; i++) {
        if (protections[i] == Protection.READ_WRITE) {
          try {
            steps().write(new Step.Write("bob", i, 1), random.nextLong());
          } catch (ScenarioException e) {
            throw new AssertionError(e);
          }
        }
      }
    }
  }

  private void raceBeside(World world, Race... races) {
    Task stream = world.startStream(OPERATIONS);
    for (int i = 0; i < STEPS && !stream.isDone() && !world.process.isEnding(); i++) {
      world.sched.execution().yieldPoint();
      Race race = races[world.random.nextInt(races.length)];
      if (world.step(race)) {
        raced.merge(race, 1, Integer::sum);
      }
    }
    if (!world.process.isEnding()) {
      world.steps().verify();
    }
    world.finish(stream);
    if (!world.process.isEnding()) {
      world.sched.sleep(LONG_NANOS); // for devices that have not heard that they are stopped
      world.steps().verify();
      world.steps().exit();
    }
  }

  /** All found no difference and compared something, and every race took place in some order. */
  private void findsNothingWrong(int orders, Race... races) {
    long compared = 0;
    for (long seed : seeds(orders).toArray()) {
      Found found = run(seed, world -> raceBeside(world, races));
      assertThat(found.log.groups(20).first()).as("seed %d", seed).isEmpty();
      compared += found.check.bytesCompared();
    }
    assertThat(compared).isPositive();
    if (orders > 1 && Long.getLong("smmulator.seed") == null) {
      assertThat(raced).containsOnlyKeys(races);
    }
  }

  @Test
  void mprotectBesideCopiesIsNoCorruption() {
    findsNothingWrong(100, Race.MPROTECT);
  }

  @Test
  void unmappingBesideOperationsIsNoCorruption() {
    findsNothingWrong(100, Race.MUNMAP, Race.MUNMAP_AND_REMAP);
  }

  @Test
  void forkingWritingAndAgingBesideOperationsIsNoCorruption() {
    findsNothingWrong(60, Race.MPROTECT, Race.FORK, Race.WRITE, Race.AGE, Race.VERIFY);
  }

  @Test
  void everythingBesideOperationsIsNoCorruption() {
    findsNothingWrong(100, Race.values());
  }

  /**
   * Operations of one word on one page that is always mapped anew, so that a whole step fits into
   * each of a stream's gaps in some order.
   */
  @Test
  void aStepBetweenAnyTwoLooksOfAStreamIsNoCorruption() {
    for (long seed : seeds(1000).toArray()) {
      Found found = run(seed, RacingStreamTest::copyAndCompareOneWord);
      assertThat(found.log.groups(20).first()).as("seed %d", seed).isEmpty();
    }
  }

  private static void copyAndCompareOneWord(World world) {
    world.process.bindings().remove(1);
    world.write(0, 1);
    List<Operation> mix = List.of(Operation.COPY, Operation.COMPARE);
    Task stream = world.startStream(10, new AddressStream(world.random.nextLong(), mix, 0, 2, 8));
    while (!stream.isDone()) {
      int pause = world.random.nextInt(100); // some operations shall find no step
      for (int i = 0; i < pause; i++) {
        world.sched.execution().yieldPoint();
      }
      world.munmap(1, 1, true);
      world.steps().verify();
    }
    world.finish(stream);
    world.steps().verify();
  }

  /** The device that is taken away goes on for a while; the other one works on the same page. */
  @Test
  void whatADeviceWritesWhileItIsTakenAwayIsNoCorruption() {
    for (long seed : seeds(50).toArray()) {
      Found found = run(seed, RacingStreamTest::takeOneOfTwoDevicesAway);
      assertThat(found.log.groups(20).first()).as("seed %d", seed).isEmpty();
    }
  }

  private static void takeOneOfTwoDevicesAway(World world) {
    world.devices.get(0).slowDown();
    List<Operation> mix = List.of(Operation.COPY, Operation.FILL);
    Task stream =
        world.startStream(OPERATIONS, new AddressStream(world.random.nextLong(), mix, 0, 2, 2048));
    assertThat(world.step(Race.UNBIND)).isTrue();
    world.finish(stream);
    world.sched.sleep(LONG_NANOS);
    world.steps().verify();
  }

  /** The process goes on; without a device, all that is left of its stream is nothing. */
  @Test
  void aStreamWhoseDevicesWereAllTakenAwayIsOverHoweverMuchIsLeft() {
    long operations = 0;
    for (long seed : seeds(20).toArray()) {
      Found found =
          run(
              seed,
              world -> {
                Task stream = world.startStream(Integer.MAX_VALUE);
                for (int i = world.random.nextInt(1000); i > 0; i--) {
                  world.sched.execution().yieldPoint();
                }
                world
                    .process
                    .bindings()
                    .forEach(Binding::end); // at once: each waits for its device
                world.process.bindings().forEach(Binding::close);
                world.finish(stream);
                assertThat(world.process.isEnding()).isFalse();
                world.steps().verify();
              });
      assertThat(found.log.groups(20).first()).as("seed %d", seed).isEmpty();
      operations += found.check.operations();
    }
    assertThat(operations).isPositive();
  }

  /** The bug is in all operations, of which at least the first race with nothing. */
  @ParameterizedTest
  @EnumSource(
      value = Bug.class,
      names = {
        "WRONG_BIT",
        "WRITES_BESIDE",
        "WRONG_CHECKSUM",
        "WRONG_DIFFERENCE",
        "IDLE",
        "REFUSED",
        "UNSUPPORTED"
      })
  void aDeviceThatDoesWrongIsFoundAlsoBesideSteps(Bug bug) {
    for (long seed : seeds(20).toArray()) {
      Found found =
          run(
              seed,
              world -> {
                world.devices.get(1).plant(bug, 0);
                world.finish(world.startStream(2 * OPERATIONS));
                raceBeside(world, Race.MPROTECT, Race.AGE);
              });
      assertThat(found.check.mismatches()).as("%s, seed %d", bug, seed).isPositive();
      assertThat(found.check.operationsUnended()).as("%s, seed %d", bug, seed).isZero();
    }
  }

  /** All bits of one operation are right but one. */
  @Test
  void oneWrongBitInAStreamIsFound() {
    for (long seed : seeds(40).toArray()) {
      Found found =
          run(
              seed,
              world -> {
                world.devices.get(0).plantOnce(Bug.WRONG_BIT, (int) (seed % 5));
                world.finish(world.startStream(OPERATIONS));
              });
      assertThat(found.check.mismatches()).as("seed %d", seed).isEqualTo(1);
    }
  }

  /** What a lost or silent device wrote before it was cut off is nobody's mistake. */
  @ParameterizedTest
  @EnumSource(
      value = Bug.class,
      names = {"SILENT", "GONE", "FENCED"})
  void operationsThatDoNotEndAreNoCorruption(Bug bug) {
    for (long seed : seeds(50).toArray()) {
      Found found =
          run(
              seed,
              world -> {
                world.devices.get(1).plant(bug, 5);
                raceBeside(world, Race.MPROTECT, Race.MUNMAP_AND_REMAP, Race.VERIFY);
              });
      assertThat(found.check.mismatches()).as("seed %d", seed).isZero();
      assertThat(found.check.operationsUnended()).as("seed %d", seed).isEqualTo(1);
      assertThat(found.check.operations()).as("seed %d", seed).isEqualTo(OPERATIONS + 6);
    }
  }
}

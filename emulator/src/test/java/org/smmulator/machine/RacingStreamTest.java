package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.config.Step.Operation;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.machine.StandInDevice.Bug;
import org.smmulator.machine.StreamWorld.Race;
import org.smmulator.pcie.ledger.ViolationLog;

/**
 * Streams beside steps that change the same pages, under the deterministic scheduler: whatever the
 * order, devices that do right are found right, and one that does wrong is found.
 */
class RacingStreamTest {
  private static final int OPERATIONS = 24;
  private static final int STEPS = 16;
  private static final long LONG_NANOS = 60_000_000_000L;
  private static final long MOST_SCHEDULED = 10_000_000L;

  /** Steps that found an operation in the hands of a device, over all seeds. */
  private final Map<Race, Integer> raced = new EnumMap<>(Race.class);

  private static LongStream seeds(int count) {
    Long only = Long.getLong("smmulator.seed");
    return only == null ? LongStream.range(0, count) : LongStream.of(only);
  }

  /** What a run found, if anything, and its counts. */
  private record Found(ViolationLog log, DataCheck check) {}

  private static Found run(long seed, Consumer<StreamWorld> story) {
    DeterministicExecution execution = new DeterministicExecution(seed, MOST_SCHEDULED);
    ViolationLog log = new ViolationLog(20);
    DataCheck check = new DataCheck(log);
    execution.run(() -> story.accept(new StreamWorld(new Sched(execution), check, seed)));
    return new Found(log, check);
  }

  private void raceBeside(StreamWorld world, Race... races) {
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
      world.steps().exit(true);
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
    findsNothingWrong(100, Race.MUNMAP, Race.MUNMAP_AND_REMAP, Race.DONT_NEED);
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

  private static void copyAndCompareOneWord(StreamWorld world) {
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

  private static void takeOneOfTwoDevicesAway(StreamWorld world) {
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

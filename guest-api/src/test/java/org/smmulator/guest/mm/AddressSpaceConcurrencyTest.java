package org.smmulator.guest.mm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Execution;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.execution.explore.Meetings;
import org.smmulator.guest.Explored;
import org.smmulator.guest.sched.Task;

/**
 * CPUs, a device, reclaim, fork and unmapping at work on one address space at once. Nobody may
 * write to a freed frame, a device may not remember one, a child's memory may not change after
 * fork, and what a task wrote to a page of its own must be there.
 */
class AddressSpaceConcurrencyTest {
  private static final int PAGE = MmKernel.PAGE;
  private static final int FRAMES = 512;
  private static final int FEW = 32;
  private static final long BASE = 0x2000_0000L;

  private static final String MAPPED = "a CPU reaches the frame while the page is mapped there";
  private static final String UNDER_WAY = "a CPU reaches the frame after the entry has gone";
  private static final String GONE = "a CPU comes after the change";

  /** Pages 0 to 3 come and go; 4 and 5 stay mapped, each written by one task only. */
  private static final int SHARED = 4;

  static LongStream seeds() {
    return TestSeeds.first(150);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void keepsFramesAndContentsInManyOrders(long seed) {
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> new Scene(new MmKernel(execution, FRAMES, FRAMES, false), seed, 5, true).play());
  }

  /** The page goes by madvise; the frame is quarantined, so nobody gets it again. */
  @Test
  void aWriteUnderWayEndsBeforeItsFrameIsFreed() {
    Explored.story(
        2,
        (execution, meetings) -> {
          MmKernel kernel = new MmKernel(execution, FEW, FEW, false);
          AddressSpace mm = kernel.spaces.create("process");
          mm.mmapFixed(BASE, PAGE, Prot.READ_WRITE);
          MmKernel.write(mm, BASE, 1);
          whenAccessed(kernel, mm, meetings);
          race(kernel, execution, () -> MmKernel.write(mm, BASE, 2), () -> mm.dontNeed(BASE, PAGE));
          assertThat(kernel.freed.keySet()).hasSize(1).allMatch(kernel::isPoisoned);
        },
        MAPPED,
        UNDER_WAY,
        GONE);
  }

  /** The parent gets a copy, then the frame is its child's alone. */
  @Test
  void aReadUnderWayEndsBeforeASharerWritesToTheOldFrame() {
    Explored.story(
        2,
        (execution, meetings) -> {
          MmKernel kernel = new MmKernel(execution, FEW, FEW, false);
          AddressSpace mm = kernel.spaces.create("process");
          mm.mmapFixed(BASE, PAGE, Prot.READ_WRITE);
          MmKernel.write(mm, BASE, 1);
          AddressSpace child = mm.fork("child");
          whenAccessed(kernel, mm, meetings);
          race(
              kernel,
              execution,
              () -> assertThat(MmKernel.read(mm, BASE)).isIn(1, 2),
              () -> {
                MmKernel.write(mm, BASE, 2);
                MmKernel.write(child, BASE, 3);
              });
        },
        MAPPED,
        UNDER_WAY,
        GONE);
  }

  /** Tells where the page is as the CPU reaches memory. */
  private static void whenAccessed(MmKernel kernel, AddressSpace mm, Meetings meetings) {
    long frame = kernel.frameOf(mm, BASE);
    kernel.memory.accessed =
        pa -> {
          if (kernel.sched.current().name().equals("cpu")) {
            boolean mapped = kernel.frameOf(mm, BASE) == frame;
            meetings.meet(pa != frame ? GONE : mapped ? MAPPED : UNDER_WAY);
          }
        };
  }

  private static void race(
      MmKernel kernel, DeterministicExecution execution, Runnable cpu, Runnable other) {
    Task one = kernel.sched.spawn("cpu", cpu);
    Task two = kernel.sched.spawn("other", other);
    execution.raceBegins();
    one.join();
    two.join();
    execution.raceEnds();
    assertThat(one.failure()).isNull();
    assertThat(two.failure()).isNull();
  }

  @Test
  void noticesFramesThatAreFreedTooEarly() {
    assertThatThrownBy(
            () -> {
              for (long seed = 0; seed < 50; seed++) {
                DeterministicExecution execution = new DeterministicExecution(seed);
                long scene = seed;
                execution.run(
                    () ->
                        new Scene(new MmKernel(execution, FRAMES, FRAMES, true), scene, 5, true)
                            .play());
              }
            })
        .hasStackTraceContaining("a device remembers it");
  }

  @Test
  void keepsFramesAndContentsOnThreads() {
    Execution execution = new ThreadExecution();
    new Scene(new MmKernel(execution, FRAMES, FRAMES, false), 1, 500, false).play();
  }

  private static final class Scene {
    private final MmKernel kernel;
    private final long seed;
    private final int rounds;
    private final AddressSpace mm;
    private final CachingMmu device;
    private final boolean withDevice;
    private final List<Task> tasks = new ArrayList<>();

    Scene(MmKernel kernel, long seed, int rounds, boolean withDevice) {
      this.kernel = kernel;
      this.seed = seed;
      this.rounds = rounds;
      this.withDevice = withDevice;
      this.mm = kernel.spaces.create("process");
      this.device = new CachingMmu(kernel, mm);
      kernel.alsoTold =
          (pa, generation) ->
              assertThat(device.remembers(pa))
                  .as("frame 0x%x is freed while a device remembers it", pa)
                  .isFalse();
      mm.mmapFixed(BASE, 6L * PAGE, Prot.READ_WRITE);
    }

    void play() {
      task("writer", this::writesAnywhere);
      task("owner of 4", random -> writesItsOwn(random, 4));
      task("owner of 5", random -> writesItsOwn(random, 5));
      task("mapper", this::maps);
      task("reclaim", random -> mm.age(BASE, 6L * PAGE));
      task("forker", this::forks);
      if (withDevice) {
        task("device", this::accessesAsDevice);
      }
      tasks.forEach(Task::join);
      assertThat(tasks).allSatisfy(task -> assertThat(task.failure()).isNull());
      device.assertFresh();
      mm.putUser();
      mm.unregisterNotifierNoRelease(device);
      assertThat(device.releases).isEqualTo(1);
      assertThat(device.callbacksAfterRelease).isZero();
      assertThat(kernel.frames.freeFrames()).isEqualTo(FRAMES);
      assertThat(kernel.frames.touchedWhileFree()).isZero();
      assertThat(kernel.freed.keySet())
          .as("freed frames are poisoned")
          .allMatch(kernel::isPoisoned);
    }

    private interface Act {
      void act(SplittableRandom random);
    }

    private void task(String name, Act act) {
      SplittableRandom random = new SplittableRandom(seed * 31 + tasks.size());
      mm.getUser();
      tasks.add(
          kernel.sched.spawn(
              name,
              () -> {
                for (int i = 0; i < rounds; i++) {
                  act.act(random);
                }
                mm.putUser();
              }));
    }

    private void writesAnywhere(SplittableRandom random) {
      try {
        mm.write(va(random.nextInt(SHARED)) + random.nextInt(PAGE), new byte[] {1}, 0, 1);
      } catch (SegmentationFault unmapped) {
        assertThat(unmapped.outcome()).isIn(FaultOutcome.NO_VMA, FaultOutcome.BAD_ACCESS);
      }
    }

    private void writesItsOwn(SplittableRandom random, int page) {
      int value = random.nextInt(256);
      MmKernel.write(mm, va(page) + 100, value);
      assertThat(MmKernel.read(mm, va(page) + 100)).isEqualTo(value);
    }

    private void maps(SplittableRandom random) {
      int page = random.nextInt(SHARED);
      switch (random.nextInt(5)) {
        case 0, 1 -> mm.munmap(va(page), PAGE);
        case 2 -> mm.dontNeed(va(page), PAGE);
        case 3 -> {
          mm.mmapFixed(va(page), PAGE, Prot.READ_WRITE);
          mm.mprotect(va(page), PAGE, Prot.READ);
          mm.mprotect(va(page), PAGE, Prot.READ_WRITE);
        }
        default -> mm.mmapFixed(BASE, (long) SHARED * PAGE, Prot.READ_WRITE);
      }
    }

    private void forks(SplittableRandom random) {
      AddressSpace child = mm.fork("child");
      long own = va(SHARED + random.nextInt(2)) + (random.nextBoolean() ? 100 : 0);
      int before = MmKernel.read(child, own);
      kernel.sched.execution().yieldPoint();
      assertThat(MmKernel.read(child, own)).as("a child's memory is its own").isEqualTo(before);
      MmKernel.write(child, own, before + 1);
      child.putUser();
    }

    /** Byte 0 of a page; CPUs do not write there in pages 4 and 5. */
    private void accessesAsDevice(SplittableRandom random) {
      long va = va(random.nextInt(6));
      device.lookUp(va);
      device.write(va, (byte) random.nextInt());
      kernel.sched.execution().yieldPoint();
      FaultAccess access = random.nextBoolean() ? FaultAccess.WRITE : FaultAccess.READ;
      assertThat(mm.handleFault(va, access, true)).isNotEqualTo(FaultOutcome.OUT_OF_MEMORY);
      device.lookUp(va);
      kernel.sched.execution().yieldPoint();
      device.write(va, (byte) random.nextInt());
    }

    private static long va(int page) {
      return BASE + (long) page * PAGE;
    }
  }
}

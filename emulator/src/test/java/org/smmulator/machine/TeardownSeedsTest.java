package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.MachineConfig;
import org.smmulator.counter.Counts;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.port.SmmuCounter;

/**
 * Two ways at once to end what a device and a process have together, in whole machines: a device
 * that two processes share, both with work under way. Whatever the order, all of it ends, nothing
 * is stale, and nothing is left: no bond, no io_mm, no PASID, no frame.
 */
class TeardownSeedsTest {
  private static final int FIRST = Integer.getInteger("smmulator.firstSeed", 1);
  private static final int SEEDS = Integer.getInteger("smmulator.seeds", 20);
  private static final long FOREVER = Long.MAX_VALUE;
  private static final int BYTES = 16 << 12;

  /** Frames of a second-level stream table, 256 STEs of 64 bytes, which the driver keeps. */
  private static final int STREAM_TABLE = 4;

  /** Of a device that stalls, so that it comes to pages that are not there for long. */
  private static final int STALLING_ROUNDS = 64;

  private static final PciAddress DEVICE = new PciAddress(4 << 3);

  private static final String MACHINE =
      """
      machine: {name: teardown, ramMiB: 64}
      guest: {frameQuarantine: 0}
      devices:
        - {id: '00:04.0', model: dma, atc: 4x4, queues: 4}
      """;

  /** The two actors of a story; the one that ended first says whether the other had begun. */
  private enum Story {
    UNBIND_BESIDE_EXIT {
      @Override
      void one(World world) {
        world.engine.close(world.aliceQueue);
      }

      @Override
      void other(World world) {
        world.alice.exit();
      }
    },
    DETACH_BESIDE_EXIT {
      @Override
      void one(World world) {
        world.kernel.detachDomain(DEVICE);
      }

      @Override
      void other(World world) {
        world.alice.exit();
      }
    },
    DETACH_BESIDE_BIND {
      @Override
      void one(World world) {
        world.kernel.detachDomain(DEVICE);
      }

      @Override
      void other(World world) {
        world.bindsAnother();
      }
    },
    REMOVAL_BESIDE_MUNMAP {
      @Override
      void one(World world) {
        world.pullOut();
      }

      @Override
      void other(World world) {
        world.alice.mm().munmap(world.aliceBuffer, BYTES / 2);
        world.alice.mm().munmap(world.aliceBuffer + BYTES / 2, BYTES / 2);
      }
    },
    REMOVAL_BESIDE_EXIT {
      @Override
      void one(World world) {
        world.pullOut();
      }

      @Override
      void other(World world) {
        world.alice.exit();
      }
    },
    REMOVAL_BESIDE_DETACH {
      @Override
      void one(World world) {
        world.pullOut();
      }

      @Override
      void other(World world) {
        world.kernel.detachDomain(DEVICE);
      }
    },
    RESET_BESIDE_BIND {
      @Override
      void one(World world) throws IommuException {
        world.kernel.resetDevice(DEVICE);
      }

      @Override
      void other(World world) {
        world.bindsAnother();
      }
    },
    RESET_BESIDE_EXIT {
      @Override
      void one(World world) throws IommuException {
        world.kernel.resetDevice(DEVICE);
      }

      @Override
      void other(World world) {
        world.alice.exit();
      }
    };

    abstract void one(World world) throws IommuException;

    abstract void other(World world) throws IommuException;
  }

  private interface Actor {
    void act() throws IommuException;
  }

  /** A machine with the device at work for two processes. */
  private static final class World {
    final Machine machine;
    final GuestKernel kernel;
    final long framesAtFirst;
    final DmaEngine engine;
    final GuestProcess alice;
    final GuestProcess bob;
    final long aliceBuffer;
    final DmaQueue aliceQueue;
    private final int rounds;
    final List<Task> work = new ArrayList<>();
    boolean met;
    private int acting;

    World(Machine machine, int rounds) throws Exception {
      this.machine = machine;
      this.rounds = rounds;
      kernel = machine.kernel();
      framesAtFirst = kernel.frames().freeFrames();
      machine.plugIn();
      engine = Objects.requireNonNull(kernel.awaitEngine(DEVICE, FOREVER));
      alice = kernel.startProcess("alice");
      bob = kernel.startProcess("bob");
      aliceBuffer = alice.mm().mmap((long) rounds * BYTES, Prot.READ_WRITE);
      long bobBuffer = bob.mm().mmap((long) rounds * BYTES, Prot.READ_WRITE);
      aliceQueue = engine.open(alice.mm());
      work.add(hammer(aliceQueue, aliceBuffer));
      work.add(hammer(engine.open(bob.mm()), bobBuffer));
      DmaOperation first = DmaOperation.fill(aliceBuffer, BYTES, 1);
      assertThat(aliceQueue.run(first, FOREVER).isOk()).isTrue();
    }

    /** Fills the buffer, a part in each round, until the queue takes or does no more. */
    private Task hammer(DmaQueue queue, long buffer) {
      return kernel
          .sched()
          .spawn(
              "hammer",
              () -> {
                long at = buffer;
                while (queue.run(DmaOperation.fill(at, BYTES, 42), FOREVER).isOk()) {
                  at = buffer + (at - buffer + BYTES) % ((long) rounds * BYTES);
                }
              });
    }

    /** The device's link is cut, whatever is under way on it. */
    void pullOut() {
      machine
          .board()
          .ask(
              () -> {
                machine.board().rootComplex().unplug(4 << 3, "pulled out");
                return true;
              });
      assertThat(kernel.awaitGone(DEVICE, FOREVER)).isTrue();
    }

    /** May be refused, as the device may be on its way out. */
    void bindsAnother() {
      GuestProcess carol = kernel.startProcess("carol");
      long buffer = carol.mm().mmap((long) rounds * BYTES, Prot.READ_WRITE);
      try {
        work.add(hammer(engine.open(carol.mm()), buffer));
      } catch (IommuException e) {
        assertThat(e.errno()).isEqualTo(IommuException.Errno.ENODEV);
      }
      carol.exit();
    }

    void together(Actor one, Actor other) {
      Task first = actor("one", one);
      Task second = actor("other", other);
      first.join();
      second.join();
      assertThat(first.failure()).isNull();
      assertThat(second.failure()).isNull();
    }

    private Task actor(String name, Actor actor) {
      return kernel
          .sched()
          .spawn(
              name,
              () -> {
                met |= acting++ > 0;
                try {
                  actor.act();
                } catch (IommuException e) {
                  throw new IllegalStateException(e);
                } finally {
                  acting--;
                }
              });
    }

    void end() {
      alice.exit();
      bob.exit();
      work.forEach(Task::join);
      kernel.detachDomain(DEVICE);
      pullOut();
      kernel.addressSpaces().flushAsyncPuts();
    }

    void assertNothingIsLeft() {
      Counts<SvaCounter> sva = kernel.sva().statistics();
      assertThat(sva.of(SvaCounter.BONDS)).as("bonds").isZero();
      assertThat(sva.of(SvaCounter.PASIDS_LIVE)).as("PASIDs").isZero();
      assertThat(sva.of(SvaCounter.PASIDS_QUARANTINED)).as("PASIDs in quarantine").isZero();
      assertThat(kernel.frames().touchedWhileFree()).isZero();
      assertThat(machine.summary().smmu().of(SmmuCounter.STALLED_NOW)).as("stalls").isZero();
      assertThat(machine.summary().verdict().violations()).isEmpty();
      assertThat(machine.summary().devices().get(0).count(FunctionCounter.TRANSLATIONS_HELD))
          .isZero();
      assertThat(kernel.frames().freeFrames())
          .as("free frames")
          .isEqualTo(framesAtFirst - STREAM_TABLE);
    }
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void endsAndLeavesNothing(Story story) throws Exception {
    endsAndLeavesNothing(story, MACHINE, 1);
  }

  @ParameterizedTest
  @EnumSource
  void endsAndLeavesNoStallOfADeviceThatStalls(Story story) throws Exception {
    endsAndLeavesNothing(
        story, MACHINE.replace("queues: 4}", "queues: 4, stall: true}"), STALLING_ROUNDS);
  }

  private void endsAndLeavesNothing(Story story, String machine, int rounds) throws Exception {
    MachineConfig config = Machines.config(folder, machine);
    int meetings = 0;
    for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
      meetings += run(config, story, seed, rounds) ? 1 : 0;
    }
    System.err.printf("%s: %d of %d seeds met%n", story, meetings, SEEDS);
    assertThat(meetings).as("seeds in which one began before the other had ended").isPositive();
  }

  /** Whether the two met. */
  private static boolean run(MachineConfig config, Story story, int seed, int rounds) {
    DeterministicExecution execution = new DeterministicExecution(seed, Long.MAX_VALUE);
    boolean[] met = {false};
    execution.run(
        () -> {
          SimulatedPlatform platform = new SimulatedPlatform(execution, config.simulation());
          try (Machine machine = Machine.start(config, platform, Recorder.OFF)) {
            World world = new World(machine, rounds);
            world.together(() -> story.one(world), () -> story.other(world));
            world.end();
            if (rounds > 1) {
              assertThat(machine.summary().smmu().of(SmmuCounter.STALLS)).isPositive();
            }
            world.assertNothingIsLeft();
            met[0] = world.met;
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    return met[0];
  }
}

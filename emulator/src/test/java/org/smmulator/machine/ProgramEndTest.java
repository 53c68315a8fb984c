package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.machine.ProgramWorld.DEVICE;
import static org.smmulator.machine.ProgramWorld.FOREVER;
import static org.smmulator.machine.ProgramWorld.PAGE;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.ProgramRun;
import org.smmulator.guest.UserTask;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.sched.FatalSignal;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.machine.ProgramWorld.Copier;
import org.smmulator.machine.ProgramWorld.Story;

/**
 * How programs end while they have a device open, in whole machines: in good order, all of them.
 */
class ProgramEndTest {
  private static final long MANY = 1_000_000;
  private static final long MOMENT = 10_000;

  @TempDir private Path folder;

  private void onThreadsAndSimulated(Story story) throws Exception {
    ProgramWorld.onThreads(folder, "", story);
    ProgramWorld.simulated(folder, "", story);
  }

  /** The world is as if the process had never been: another one drives the device. */
  private static void assertAnotherDrivesIt(ProgramWorld world) {
    GuestProcess next = world.kernel.startProcess("next");
    ProgramRun run =
        world.kernel.run(
            next,
            task -> {
              Copier copier = Copier.open(task);
              task.store64(copier.from(), 77);
              assertThat(copier.copy()).isZero();
              assertThat(task.load64(copier.to())).isEqualTo(77);
            });
    run.join();
    assertThat(run.failure()).isNull();
    next.exit();
    assertThat(next.awaitEnd(FOREVER)).isTrue();
    world.assertNothingIsLeft();
  }

  private static void sleepWhile(ProgramWorld world, BooleanSupplier condition) {
    while (condition.getAsBoolean()) {
      world.kernel.sched().sleep(MOMENT);
    }
  }

  @Test
  void aProcessIsKilledWhileItWaitsForAnInterruptThatNeverComes() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicBoolean waits = new AtomicBoolean();
          AtomicBoolean survived = new AtomicBoolean();
          ProgramRun run =
              world.kernel.run(
                  process,
                  task -> {
                    Copier copier = Copier.open(task);
                    waits.set(true);
                    try {
                      copier.file().awaitInterrupt(1, FOREVER);
                      survived.set(true);
                    } finally {
                      waits.set(false);
                    }
                  });
          sleepWhile(world, () -> !waits.get());
          boolean met = waits.get();
          process.exit();
          assertThat(process.awaitEnd(FOREVER)).isTrue();
          run.join();
          assertThat(survived.get()).isFalse();
          assertThat(run.failure()).as("it was killed, and failed at nothing").isNull();
          assertThat(world.count(SvaCounter.MM_EXITS)).isEqualTo(1);
          assertAnotherDrivesIt(world);
          return met;
        });
  }

  /** Memory goes first, with mm_exit, and buffers after the device is quiet: no access faults. */
  @Test
  void aProcessIsKilledWhileItsDeviceWorks() throws Exception {
    onThreadsAndSimulated(
        world -> {
          CopierDevice device = world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicReference<@Nullable Copier> opened = new AtomicReference<>();
          ProgramRun run =
              world.kernel.run(
                  process,
                  task -> {
                    Copier copier = Copier.open(task);
                    copier.start(MANY);
                    while (copier.record().load64(0) < 3) {
                      task.sleepUntil(task.nanoTime() + MOMENT);
                    }
                    opened.set(copier);
                    copier.file().awaitInterrupt(1, FOREVER);
                  });
          sleepWhile(world, () -> opened.get() == null);
          long events = world.events();
          boolean met = device.isBusy();
          process.exit();
          run.join();
          assertThat(process.awaitEnd(FOREVER)).isTrue();
          assertThat(world.count(SvaCounter.MM_EXITS)).isEqualTo(1);
          assertThat(world.count(SvaCounter.MM_EXIT_FAILURES)).isZero();
          assertThat(world.events()).as("accesses refused aloud").isEqualTo(events);
          Copier copier = Objects.requireNonNull(opened.get());
          assertThatThrownBy(() -> copier.record().load64(0)).hasMessageContaining("closed");
          assertAnotherDrivesIt(world);
          return met;
        });
  }

  @Test
  void aProgramThatExitsTakesTheOthersOfItsProcessWithIt() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicBoolean waits = new AtomicBoolean();
          AtomicBoolean met = new AtomicBoolean();
          AtomicBoolean returned = new AtomicBoolean();
          ProgramRun waiting =
              world.kernel.run(
                  process,
                  task -> {
                    Copier copier = Copier.open(task);
                    waits.set(true);
                    copier.file().awaitInterrupt(0, FOREVER);
                    returned.set(true);
                  });
          ProgramRun exiting =
              world.kernel.run(
                  process,
                  task -> {
                    while (!waits.get()) {
                      task.sleepUntil(task.nanoTime() + MOMENT);
                    }
                    met.set(!waiting.isDone());
                    task.exit();
                    returned.set(true);
                  });
          waiting.join();
          exiting.join();
          assertThat(process.isAlive()).isFalse();
          assertThat(returned.get()).isFalse();
          assertThat(process.awaitEnd(FOREVER)).isTrue();
          assertAnotherDrivesIt(world);
          return met.get();
        });
  }

  /** Before whoever started it has come back from that. */
  @Test
  void aProgramThatExitsAtOnceDoesNotReturn() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          boolean[] started = new boolean[1];
          AtomicBoolean met = new AtomicBoolean();
          AtomicBoolean returned = new AtomicBoolean();
          GuestProcess process = world.kernel.startProcess("alice");
          ProgramRun run =
              world.kernel.run(
                  process,
                  task -> {
                    met.set(!started[0]);
                    task.exit();
                    returned.set(true);
                  });
          started[0] = true;
          run.join();
          assertThat(returned.get()).isFalse();
          assertThat(process.awaitEnd(FOREVER)).isTrue();
          assertAnotherDrivesIt(world);
          return met.get();
        });
  }

  @Test
  void aDeviceIsUnpluggedWhileAProgramWaitsForIt() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicBoolean waits = new AtomicBoolean();
          ProgramRun run = world.kernel.run(process, task -> loseDevice(task, waits));
          sleepWhile(world, () -> !waits.get());
          boolean met = waits.get();
          world.pullOut();
          run.join();
          assertThat(run.failure()).isNull();
          assertThat(process.isAlive()).isTrue();
          process.exit();
          world.plug(new CopierDevice());
          assertAnotherDrivesIt(world);
          return met;
        });
  }

  private static void loseDevice(UserTask task, AtomicBoolean waits) throws Exception {
    Copier copier = Copier.open(task);
    copier.start(MANY);
    waits.set(true);
    assertThatThrownBy(() -> copier.file().awaitInterrupt(1, FOREVER))
        .isInstanceOfSatisfying(
            IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
    waits.set(false);
    assertThat(copier.file().isGone()).isTrue();
    assertThat(copier.file().read64(0, 0)).isEqualTo(-1);
    assertThat(copier.file().read(0, 0, 2)).isEqualTo(0xffff);
    copier.file().write64(0, 0, 1);
    assertThatThrownBy(() -> copier.record().load64(0)).hasMessageContaining("closed");
    assertThatThrownBy(() -> copier.file().bindSva()).isInstanceOf(IommuException.class);
    copier.file().close();
    task.store64(copier.from(), 5);
    assertThat(task.load64(copier.from())).as("its memory is its own").isEqualTo(5);
  }

  /** Exit and unplugging at once, in whatever order. */
  @Test
  void aDeviceIsUnpluggedWhileItsProcessDies() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicBoolean ready = new AtomicBoolean();
          ProgramRun run =
              world.kernel.run(
                  process,
                  task -> {
                    Copier copier = Copier.open(task);
                    copier.start(MANY);
                    ready.set(true);
                    copier.file().awaitInterrupt(1, FOREVER);
                  });
          sleepWhile(world, () -> !ready.get());
          world.cut();
          boolean met = !world.kernel.awaitGone(DEVICE, world.kernel.sched().nanoTime());
          process.exit();
          run.join();
          assertThat(process.awaitEnd(FOREVER)).isTrue();
          assertThat(world.kernel.awaitGone(DEVICE, FOREVER)).isTrue();
          world.plug(new CopierDevice());
          assertAnotherDrivesIt(world);
          return met;
        });
  }

  @Test
  void aProgramThatThrowsKillsItsOwnProcessOnly() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          GuestProcess alice = world.kernel.startProcess("alice");
          GuestProcess bob = world.kernel.startProcess("bob");
          ProgramRun throwing =
              world.kernel.run(
                  alice,
                  task -> {
                    Copier.open(task).start(MANY);
                    throw new IllegalStateException("a bug of the program's");
                  });
          ProgramRun faulting =
              world.kernel.run(
                  alice,
                  task -> {
                    throwing.join();
                    task.mmap(PAGE, Prot.READ);
                  });
          ProgramRun other = world.kernel.run(bob, task -> throwing.join());
          other.join();
          faulting.join();
          assertThat(throwing.failure()).hasMessage("a bug of the program's");
          assertThat(faulting.failure()).as("killed").isNull();
          assertThat(other.failure()).isNull();
          assertThat(alice.isAlive()).isFalse();
          assertThat(bob.isAlive()).isTrue();
          assertThat(alice.awaitEnd(FOREVER)).isTrue();
          bob.exit();
          assertAnotherDrivesIt(world);
          return true;
        });
  }

  @Test
  void aProgramThatDoesNotCatchASegmentationFaultDiesOfIt() throws Exception {
    onThreadsAndSimulated(
        world -> {
          world.plug(new CopierDevice());
          GuestProcess process = world.kernel.startProcess("alice");
          ProgramRun run =
              world.kernel.run(
                  process,
                  task -> {
                    long page = task.mmap(PAGE, Prot.READ);
                    assertThat(task.load64(page)).isZero();
                    assertThatThrownBy(() -> task.store64(page, 1))
                        .as("who catches it lives")
                        .isInstanceOf(SegmentationFault.class);
                    Copier.open(task);
                    task.store64(page, 1);
                  });
          run.join();
          assertThat(run.failure()).isInstanceOf(SegmentationFault.class);
          assertThat(process.isAlive()).isFalse();
          assertThatThrownBy(() -> world.kernel.run(process, task -> {}))
              .hasMessage("alice has exited");
          assertAnotherDrivesIt(world);
          return true;
        });
  }

  /** Not even one that handles every error there is: each call throws anew. */
  @Test
  void aKilledProgramCannotGoOn() throws Exception {
    onThreadsAndSimulated(
        world -> {
          GuestProcess process = world.kernel.startProcess("alice");
          AtomicBoolean runs = new AtomicBoolean();
          AtomicBoolean memoryIsOutOfReach = new AtomicBoolean();
          ProgramRun run =
              world.kernel.run(
                  process,
                  task -> {
                    runs.set(true);
                    try {
                      task.sleepUntil(FOREVER);
                    } catch (FatalSignal killed) {
                      assertThatThrownBy(() -> task.mmap(PAGE, Prot.READ))
                          .isInstanceOf(FatalSignal.class);
                      assertThatThrownBy(() -> task.load64(0)).isInstanceOf(FatalSignal.class);
                      assertThatThrownBy(() -> task.fork("child", child -> {}))
                          .isInstanceOf(FatalSignal.class);
                      memoryIsOutOfReach.set(true);
                    }
                  });
          sleepWhile(world, () -> !runs.get());
          process.exit();
          run.join();
          assertThat(memoryIsOutOfReach.get()).isTrue();
          assertThat(process.awaitEnd(FOREVER)).isTrue();
          return true;
        });
  }
}

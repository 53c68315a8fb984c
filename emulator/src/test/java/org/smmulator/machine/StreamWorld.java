package org.smmulator.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.MemoryStep;
import org.smmulator.config.Step;
import org.smmulator.config.Step.Operation;
import org.smmulator.config.Step.Protection;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.machine.ScenarioProcess.Binding;
import org.smmulator.memory.SparseMemory;

/**
 * One process with two devices that stand in for real ones, a stream on them, and what races it.
 */
final class StreamWorld {
  private static final long RAM = 0x4000_0000L;
  private static final long RAM_BYTES = 4 << 20;
  private static final int PAGES = 8;

  /** The steps that race. */
  enum Race {
    MPROTECT,
    MUNMAP,
    MUNMAP_AND_REMAP,
    AGE,
    DONT_NEED,
    WRITE,
    FORK,
    VERIFY,
    UNBIND,
    KILL
  }

  final Sched sched;
  final DataCheck check;
  final SplittableRandom random;
  final ScenarioProcess process;
  final List<StandInDevice> devices = new ArrayList<>();
  final Protection[] protections = new Protection[PAGES];
  private int children;

  StreamWorld(Sched sched, DataCheck check, long seed) {
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
    process = new ScenarioProcess(sched, guest, base, new BufferModel(sched, PAGES));
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
            sched, process, List.copyOf(process.bindings()), addresses, check, new DmaOutcomes());
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
      case DONT_NEED -> steps().dontNeed(new MemoryStep.DontNeed("bob", page, pages));
      case WRITE -> write(page, pages);
      case FORK -> {
        ScenarioProcess child =
            Objects.requireNonNull(steps().fork(new Step.Fork("bob", "child" + children++)));
        ProcessSteps ofChild = new ProcessSteps(sched, child, check);
        ofChild.verify();
        ofChild.exit(true);
      }
      case VERIFY -> steps().verify();
      case UNBIND -> {
        if (process.bindings().size() > 1) {
          steps().unbindWhileBusy(process.bindings().get(0));
        }
      }
      case KILL -> steps().kill(true);
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

  void munmap(int page, int pages, boolean remap) {
    steps().munmap(new Step.Munmap("bob", page, pages, remap));
    for (int i = page; i < page + pages; i++) {
      protections[i] = remap ? Protection.READ_WRITE : null;
    }
  }

  void write(int page, int pages) {
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

package org.smmulator.guest;

import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.FailureObserver;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.smmuv3.FakeRam;
import org.smmulator.guest.iommu.smmuv3.FakeSmmu;
import org.smmulator.guest.pci.FakePci;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sva.PasidPolicy;
import org.smmulator.record.Recorder;

/**
 * A machine with one slot, for a whole kernel under the deterministic scheduler. What is plugged in
 * has the registers of a DMA engine with two queues, which does nothing.
 */
final class FakeMachine {
  static final PciAddress SLOT = PciAddress.of(0, 4, 0);
  static final long SECOND = 1_000_000_000L;
  private static final int RAM_BYTES = 16 << 20;

  final DeterministicExecution execution;
  final FakePci pci = new FakePci();
  private final FakeRam ram = new FakeRam(RAM_BYTES);

  /** Accesses of the device that go well; the next one throws, or all do. */
  int accessesLeft = Integer.MAX_VALUE;

  boolean failsForGood;
  boolean disconnectFails;
  boolean isAnotherDevice;

  /** Whether every write to a register of the SMMU throws. */
  boolean smmuFails;

  /** Whether nothing is in the slot any more when a register is read; nobody is told yet. */
  boolean leavesAtFirstRead;

  /** How many operations the device says are done, when the doorbell rings. */
  int completesFirst;

  private boolean failed;

  FakeMachine(long seed) {
    execution = new DeterministicExecution(seed);
  }

  /** What a test does as a task of the kernel. */
  interface Story {
    void tell(GuestKernel kernel) throws IommuException;
  }

  /** Boots a kernel and tells it the story. */
  void run(Story story) {
    execution.run(
        () -> {
          try {
            story.tell(boot());
          } catch (IommuException e) {
            throw new AssertionError(e);
          }
        });
  }

  static long deadline(GuestKernel kernel) {
    return kernel.sched().nanoTime() + 100 * SECOND;
  }

  static @Nullable DmaEngine awaitEngine(GuestKernel kernel) throws IommuException {
    return kernel.awaitEngine(SLOT, deadline(kernel));
  }

  private GuestKernel boot() throws IommuException {
    FakeSmmu smmu = new FakeSmmu(new Sched(execution), ram);
    return GuestKernel.boot(
        new Hardware(
            execution,
            ram,
            new SmmuRegisters(smmu),
            pci.ecam,
            new DeviceMemory(smmu),
            pci.hotPlug,
            interrupts(smmu),
            (pa, generation) -> {},
            FailureObserver.NOBODY,
            Recorder.OFF),
        new GuestOptions(
            FakeRam.BASE,
            RAM_BYTES,
            1,
            31,
            Set.of(),
            true,
            0,
            PasidPolicy.LOWEST,
            SECOND,
            true,
            Set.of(),
            false));
  }

  private Interrupts interrupts(FakeSmmu smmu) {
    return new Interrupts() {
      @Override
      public void connect(int intid, Runnable handler) {
        smmu.connect(intid, handler);
        pci.interrupts.connect(intid, handler);
      }

      @Override
      public void disconnect(int intid) {
        if (disconnectFails) {
          throw new AssertionError("a bug in the release of an interrupt");
        }
        smmu.disconnect(intid);
        pci.interrupts.disconnect(intid);
      }
    };
  }

  private final class SmmuRegisters implements Mmio {
    private final FakeSmmu smmu;

    SmmuRegisters(FakeSmmu smmu) {
      this.smmu = smmu;
    }

    @Override
    public long read(long offset, int sizeBytes) {
      return smmu.read(offset, sizeBytes);
    }

    @Override
    public void write(long offset, int sizeBytes, long value) {
      if (smmuFails) {
        throw new AssertionError("a bug in the access of the SMMU");
      }
      smmu.write(offset, sizeBytes, value);
    }

    @Override
    public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
      return smmu.awaitChange(offset, until, deadlineNanos);
    }
  }

  private final class DeviceMemory implements Mmio {
    private static final int COMPLETION_BASE = 0x1008;
    private static final int TAIL = 0x1020;

    private final FakeSmmu smmu;
    private long completions;
    private long done;

    DeviceMemory(FakeSmmu smmu) {
      this.smmu = smmu;
    }

    private void access() {
      if (accessesLeft > 0) {
        accessesLeft--;
      } else if (!failed || failsForGood) {
        failed = true;
        throw new AssertionError("a bug in the access of the device");
      }
    }

    @Override
    public long read(long offset, int sizeBytes) {
      access();
      if (leavesAtFirstRead) {
        pci.functions.clear();
      }
      if (leavesAtFirstRead || isAnotherDevice) {
        return (1L << (8 * sizeBytes)) - 1;
      }
      return switch ((int) offset & 0xffff) {
        case 0x000 -> 0x41444d53;
        case 0x008 -> 2;
        default -> 0;
      };
    }

    @Override
    public void write(long offset, int sizeBytes, long value) {
      access();
      switch ((int) offset & 0xffff) {
        case COMPLETION_BASE -> completions = value;
        case TAIL -> complete(value);
        default -> {}
      }
    }

    /** Records of queue 0 in its first pass over the ring: status OK, the tag is the ticket. */
    private void complete(long tail) {
      while (done < Math.min(tail, completesFirst)) {
        long page = smmu.tables.domainPage(SLOT.requesterId(), completions) & 0xffff_ffff_f000L;
        long record = page + (completions & 0xfff) + 32 * done;
        ram.poke(record, 0);
        ram.poke(record + 24, 1L << 63 | done);
        done++;
      }
    }

    @Override
    public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
      throw new UnsupportedOperationException();
    }
  }
}

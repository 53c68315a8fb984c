package org.smmulator.guest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.Mmio;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.EventLog;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.smmuv3.FakeRam;
import org.smmulator.guest.iommu.smmuv3.FakeSmmu;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.FakeFunction;
import org.smmulator.guest.pci.FakePci;
import org.smmulator.guest.pci.PciAddress;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sva.PasidPolicy;
import org.smmulator.guest.sva.SvaStatistics;

/**
 * The driver of a device fails in the middle: one of its accesses of the device throws, whichever
 * it is. The kernel takes from it what it has, and drives the next device in the same slot.
 */
class DriverFailureTest {
  private static final PciAddress SLOT = PciAddress.of(0, 4, 0);
  private static final int RAM_BYTES = 16 << 20;
  private static final long SECOND = 1_000_000_000L;

  private final DeterministicExecution execution = new DeterministicExecution(1);
  private final FakePci pci = new FakePci();
  private final DeviceMemory device = new DeviceMemory();
  private boolean disconnectFails;

  /** The registers of a DMA engine with two queues that are always quiet. */
  private static final class DeviceMemory implements Mmio {
    int accessesLeft = Integer.MAX_VALUE;
    boolean failsForGood;
    boolean failed;

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
      return switch ((int) offset & 0xffff) {
        case 0x000 -> 0x41444d53;
        case 0x008 -> 2;
        default -> 0;
      };
    }

    @Override
    public void write(long offset, int sizeBytes, long value) {
      access();
    }

    @Override
    public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
      throw new UnsupportedOperationException();
    }
  }

  private GuestKernel boot() throws IommuException {
    FakeRam ram = new FakeRam(RAM_BYTES);
    FakeSmmu smmu = new FakeSmmu(new Sched(execution), ram);
    Interrupts interrupts =
        new Interrupts() {
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
    return GuestKernel.boot(
        new Hardware(
            execution,
            ram,
            smmu,
            pci.ecam,
            device,
            pci.hotPlug,
            interrupts,
            (pa, generation) -> {},
            EventLog.OFF),
        new GuestOptions(
            FakeRam.BASE,
            RAM_BYTES,
            1,
            31,
            false,
            0,
            PasidPolicy.LOWEST,
            SECOND,
            true,
            false,
            false));
  }

  static IntStream accesses() {
    return IntStream.range(0, 60);
  }

  /** What a test does as a task of the kernel. */
  private interface Story {
    void tell(GuestKernel kernel) throws IommuException;
  }

  private void tell(Story story) {
    execution.run(
        () -> {
          try {
            story.tell(boot());
          } catch (IommuException e) {
            throw new AssertionError(e);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void whateverAccessFailsTheSlotIsFreeForTheNextDevice(int accesses) {
    tell(kernel -> failAndReplace(kernel, accesses));
  }

  /** The device is there, but nothing that its driver began. */
  @Test
  void aDeviceWhoseDriverFailedIsAttachedToNothing() {
    tell(
        kernel -> {
          plugAndUnplug(kernel);
          long frames = kernel.frames().freeFrames();
          device.accessesLeft = 0;
          device.failsForGood = true;
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          assertThatThrownBy(() -> awaitEngine(kernel))
              .isInstanceOf(IommuException.class)
              .hasMessageContaining("its driver failed");
          kernel.sched().sleep(SECOND);
          PciDevice plugged = requireNonNull(kernel.pci().find(SLOT));
          assertThat(plugged.iommuDevice().domain()).isNull();
          assertThat(kernel.frames().freeFrames()).isEqualTo(frames);
        });
  }

  @Test
  void aQueueThatCouldNotBeStartedLeavesItsProcessUnbound() {
    tell(
        kernel -> {
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          DmaEngine engine = requireNonNull(awaitEngine(kernel));
          GuestProcess process = kernel.startProcess("p");
          device.accessesLeft = 0;
          assertThatThrownBy(() -> engine.open(process.mm()))
              .hasMessage("a bug in the access of the device");
          SvaStatistics sva = kernel.sva().statistics();
          assertThat(sva.binds()).as("it was bound when it failed").isEqualTo(1);
          assertThat(sva.bonds()).isZero();
          assertThat(sva.pasidsLive()).isZero();
          DmaQueue queue = engine.open(process.mm());
          assertThat(queue.pasid()).isEqualTo(1);
        });
  }

  /** The device itself is quiet, and must not reach memory for what its driver did not do. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDriverThatFailsWhenItsDeviceLeavesDoesNotKeepTheDomain(boolean isPulled) {
    tell(
        kernel -> {
          pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
          DmaEngine engine = requireNonNull(awaitEngine(kernel));
          engine.open(kernel.startProcess("p").mm());
          disconnectFails = true;
          if (isPulled) {
            pci.unplug(SLOT.requesterId());
            assertThat(kernel.awaitGone(SLOT, deadline(kernel))).isTrue();
          } else {
            kernel.detachDomain(SLOT);
          }
          assertThat(engine.device().iommuDevice().domain()).isNull();
          assertThat(kernel.sva().statistics().bonds()).isZero();
          assertThat(kernel.engine(SLOT)).isNull();
        });
  }

  private static long deadline(GuestKernel kernel) {
    return kernel.sched().nanoTime() + 100 * SECOND;
  }

  private static @Nullable DmaEngine awaitEngine(GuestKernel kernel) throws IommuException {
    return kernel.awaitEngine(SLOT, deadline(kernel));
  }

  private void failAndReplace(GuestKernel kernel, int accesses) throws IommuException {
    plugAndUnplug(kernel);
    long frames = kernel.frames().freeFrames();
    int interrupts = pci.handlers.size();
    device.accessesLeft = accesses;
    device.failsForGood = accesses % 2 == 1;
    pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
    try {
      DmaEngine engine = awaitEngine(kernel);
      if (engine != null) {
        use(kernel, engine);
      }
    } catch (IommuException refused) {
      assertThat(refused).as("who waits is told").hasMessageContaining("its driver failed");
    }
    if (accesses % 3 == 0) {
      kernel.detachDomain(SLOT);
    }
    unplug(kernel);
    assertThat(kernel.frames().freeFrames()).isEqualTo(frames);
    assertThat(pci.handlers).hasSize(interrupts);
    SvaStatistics sva = kernel.sva().statistics();
    assertThat(sva.bonds() + sva.pasidsLive() + sva.pasidsQuarantined()).isZero();
    device.accessesLeft = Integer.MAX_VALUE;
    plugAndUnplug(kernel);
  }

  private void plugAndUnplug(GuestKernel kernel) throws IommuException {
    pci.plug(SLOT.requesterId(), FakeFunction.dmaEngine());
    DmaEngine engine = requireNonNull(awaitEngine(kernel), "the device is not driven");
    GuestProcess process = kernel.startProcess("p");
    process.mm().mmap(4096, Prot.READ_WRITE);
    DmaQueue queue = engine.open(process.mm());
    assertThat(queue.pasid()).isEqualTo(1);
    assertThat(engine.close(queue)).isTrue();
    process.exit();
    unplug(kernel);
  }

  private void unplug(GuestKernel kernel) {
    pci.unplug(SLOT.requesterId());
    assertThat(kernel.awaitGone(SLOT, deadline(kernel))).isTrue();
    kernel.addressSpaces().flushAsyncPuts();
    kernel.sched().sleep(SECOND);
  }

  /** Two processes: one closes its queue, the other dies with it. */
  private static void use(GuestKernel kernel, DmaEngine engine) {
    GuestProcess closing = kernel.startProcess("closing");
    GuestProcess dying = kernel.startProcess("dying");
    try {
      DmaQueue queue = engine.open(closing.mm());
      engine.open(dying.mm());
      engine.close(queue);
    } catch (IommuException | AssertionError failed) {
      // As the driver likes; what it leaves is looked at later.
    }
    dying.exit();
    closing.exit();
  }
}

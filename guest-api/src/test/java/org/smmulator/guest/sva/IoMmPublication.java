package org.smmulator.guest.sva;

import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIZ_Result;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.AddressSpaces;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.sched.Sched;

/** Two first binds on two processors: one makes the io_mm, and the other finds it complete. */
@JCStressTest
@State
@Outcome(id = "1, 1, true", expect = Expect.ACCEPTABLE, desc = "one io_mm, seen complete")
@Outcome(expect = Expect.FORBIDDEN, desc = "two io_mms, or one that was found incomplete")
public class IoMmPublication {
  private static final long RAM = 0x4000_0000L;
  private static final int FRAMES = 4096;
  private static final int PAGE = 4096;
  private static final Sched SCHED = new Sched(new ThreadExecution());
  private static final SmallMemory MEMORY = new SmallMemory(RAM, FRAMES * PAGE);
  private static final FrameObserver NOBODY = (pa, generation) -> {};
  private static final AddressSpaces SPACES =
      new AddressSpaces(
          SCHED,
          new FrameAllocator(
              SCHED,
              MEMORY,
              NOBODY,
              new FrameAllocator.Config(RAM, (long) FRAMES * PAGE, false, 0, false)));

  private final AddressSpace mm = SPACES.create("process");
  private final IoMms ioMms;
  private final SvaDevice device;

  // Written by the actors before the arbiter reads them.
  private @Nullable IoMm one;
  private @Nullable IoMm other;

  public IoMmPublication() {
    SvaTables tables =
        new SvaTables(SCHED, new FakeIommu(SCHED, MEMORY), PasidPolicy.LOWEST, Set.of());
    ioMms = new IoMms(tables, new Quarantine(tables));
    IommuDevice iommuDevice = new IommuDevice(1, "dev1", Scene.FULL);
    FakeDomain domain = new FakeDomain(1);
    iommuDevice.setDomain(domain);
    device = new SvaDevice(iommuDevice, domain, new SvaOptions(false, 1, 100), null, null);
  }

  @Actor
  public void one(IIZ_Result result) {
    IoMm found = bind();
    result.r1 = found.pasid();
    one = found;
  }

  @Actor
  public void other(IIZ_Result result) {
    IoMm found = bind();
    result.r2 = found.pasid();
    other = found;
  }

  private IoMm bind() {
    try {
      return ioMms.getOrMake(device, mm, released -> {});
    } catch (IommuException e) {
      throw new IllegalStateException(e);
    }
  }

  @Arbiter
  public void end(IIZ_Result result) {
    result.r3 = one == other;
    ioMms.put(Objects.requireNonNull(one));
    ioMms.put(Objects.requireNonNull(other));
    mm.putUser();
  }
}

package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WorkQueue;

/**
 * An IOMMU, its driver and the devices behind it, as far as sharing address spaces can tell: CDs by
 * domain and PASID, and an ATC for each device. Every call checks that it is legal in the present
 * state, other tasks may run in the middle of each, and a frame that is freed while an ATC still
 * has it fails the test.
 */
final class FakeIommu implements IommuDriver, FrameObserver {
  private static final long PAGE = 4096;

  /**
   * What a device was granted; the generation of a frame is not needed: freed is caught at once.
   */
  private record Cached(int pasid, long page, long frame) {}

  private record Context(AddressSpace mm) implements MmContext {
    @Override
    public int asid() {
      return mm.asid();
    }

    // Two contexts of one address space are two.
    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  private static final class Cd {
    final Context context;
    final Set<IommuDevice> users = new HashSet<>();
    boolean quiet;

    Cd(Context context) {
      this.context = context;
    }
  }

  private static final class Domain implements IommuDomain {
    final Map<Integer, Cd> cds = new HashMap<>();

    @Override
    public long map(long pa, long bytes, DmaDirection direction) {
      throw new AssertionError("not part of sharing address spaces");
    }

    @Override
    public void unmap(long iova, long bytes) {
      throw new AssertionError("not part of sharing address spaces");
    }

    @Override
    public long mapMsiDoorbell() {
      throw new AssertionError("not part of sharing address spaces");
    }
  }

  final List<String> log = new ArrayList<>();
  final List<PageResponse> responses = new ArrayList<>();
  final Set<Context> contexts = new HashSet<>();
  int contextsFreed;

  /** Called in the middle of an operation, named as in the log. */
  BiConsumer<String, IommuDevice> during = (operation, device) -> {};

  @Nullable Errno failAlloc;
  @Nullable Errno failAttach;

  /** Devices that leave requests in the queue, whoever flushes. */
  final Set<IommuDevice> babbling = new HashSet<>();

  private final Sched sched;
  private final PhysicalMemory memory;
  private final WorkQueue pri;
  private final List<PageRequest> queued = new ArrayList<>();
  private final Map<IommuDevice, Set<Cached>> atcs = new HashMap<>();
  private @Nullable PageRequestHandler handler;

  FakeIommu(Sched sched, PhysicalMemory memory) {
    this.sched = sched;
    this.memory = memory;
    this.pri = sched.workQueue("pri");
  }

  /** Attaches a device to a domain of its own, or to that of another device. */
  IommuDevice plug(int streamId, FakeAts ats, @Nullable IommuDevice sharingWith) {
    IommuDevice device = new IommuDevice(streamId, "dev" + streamId, ats);
    device.setDomain(sharingWith == null ? new Domain() : sharingWith.domain());
    atcs.put(device, new HashSet<>());
    return device;
  }

  /**
   * The device accesses a page: through its ATC, or by a walk that fills it.
   *
   * @return whether the access reached memory
   */
  boolean access(IommuDevice device, int pasid, long va) {
    Set<Cached> atc = atc(device);
    long page = va & -PAGE;
    if (atc.stream().anyMatch(entry -> entry.pasid == pasid && entry.page == page)) {
      return true;
    }
    Cd cd = domain(device).cds.get(pasid);
    if (cd == null || cd.quiet) {
      return false;
    }
    long frame = walk(cd.context.mm, page);
    if (frame == 0) {
      return false;
    }
    atc.add(new Cached(pasid, page, frame));
    return true;
  }

  boolean hasCd(IommuDevice device, int pasid) {
    return domain(device).cds.containsKey(pasid);
  }

  boolean hasLiveCd(IommuDevice device, int pasid) {
    Cd cd = domain(device).cds.get(pasid);
    return cd != null && !cd.quiet;
  }

  /** The device sends a page request. */
  void request(PageRequest request) {
    queued.add(request);
    pri.queue(
        () -> {
          queued.remove(request);
          handler().pageRequest(request);
        });
  }

  void overflow() {
    pri.queue(() -> handler().discardPartials());
  }

  /** The device is detached from the IOMMU, and its domain goes with it. */
  @Override
  public void detachDevice(IommuDevice dev) {
    domain(dev).cds.clear();
    atc(dev).clear();
    dev.setDomain(null);
  }

  @Override
  public IommuDomain attachDefaultDomain(IommuDevice dev) {
    throw new AssertionError("tests plug devices in");
  }

  @Override
  public int maxPasid(IommuDevice dev) {
    return (1 << dev.ats().pasidBits()) - 1;
  }

  @Override
  public MmContext mmAlloc(IommuDomain domain, AddressSpace mm) throws IommuException {
    sched.assertMaySleep("mmAlloc");
    if (failAlloc != null) {
      throw new IommuException(failAlloc, "as the test wants");
    }
    pass("alloc", null);
    Context context = new Context(mm);
    contexts.add(context);
    return context;
  }

  @Override
  public void mmFree(MmContext context) {
    log.add("free");
    assertThat(contexts.remove((Context) context)).as("freed once").isTrue();
    contextsFreed++;
    for (IommuDevice device : atcs.keySet()) {
      if (device.domain() != null) {
        assertThat(domain(device).cds.values())
            .as("live CDs of a freed context")
            .noneMatch(cd -> cd.context == context && !cd.quiet);
      }
    }
    context.mm().asid(); // The structure of the address space must still be there.
  }

  @Override
  public void mmAttach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, boolean attachDomain)
      throws IommuException {
    waitForHardware("attach", dev);
    assertUsable(dev, context);
    if (failAttach != null) {
      throw new IommuException(failAttach, "as the test wants");
    }
    Map<Integer, Cd> cds = domain(dev).cds;
    assertThat(cds.containsKey(pasid)).as("CD of %d in %s", pasid, dev).isEqualTo(!attachDomain);
    Cd cd = cds.computeIfAbsent(pasid, p -> new Cd((Context) context));
    assertThat(cd.context).isSameAs(context);
    assertThat(cd.quiet).isFalse();
    assertThat(cd.users.add(dev)).isTrue();
    log.add("attach " + dev + " " + attachDomain);
    // The CD is live from here on, and the device does not wait for anybody.
    during.accept("attached", dev);
    pass("attach", dev);
  }

  @Override
  public void mmDetach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, DetachMode mode) {
    waitForHardware("detach", dev);
    assertUsable(dev, context);
    Map<Integer, Cd> cds = domain(dev).cds;
    Cd cd = existing(cds.get(pasid));
    assertThat(cd.context).isSameAs(context);
    assertThat(cd.users.remove(dev)).isTrue();
    log.add("detach " + dev + " " + mode);
    switch (mode) {
      case KEEP_CD -> assertThat(cd.quiet || !cd.users.isEmpty()).as("CD is needed").isTrue();
      case CLEAR -> {
        assertThat(cd.users).as("users of a CD that is cleared").isEmpty();
        assertThat(cd.quiet).isFalse();
        cds.remove(pasid);
      }
      case QUIET -> {
        assertThat(cd.quiet).isFalse();
        cd.quiet = true;
      }
    }
    pass("detach", dev);
    atc(dev).removeIf(entry -> entry.pasid == pasid);
  }

  @Override
  public void clearQuiet(IommuDomain domain, int pasid) {
    waitForHardware("clearQuiet", null);
    Cd cd = existing(((Domain) domain).cds.remove(pasid));
    assertThat(cd.quiet).isTrue();
    assertThat(cd.users).isEmpty();
    log.add("clearQuiet " + pasid);
  }

  @Override
  public void mmInvalidate(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, long start, long size) {
    assertUsable(dev, context);
    log.add("invalidate %s %x+%x".formatted(dev, start, size));
    pass("invalidate", dev);
    assertUsable(dev, context);
    atc(dev)
        .removeIf(
            entry ->
                entry.pasid == pasid
                    && (size == 0 || (entry.page >= start && entry.page < start + size)));
    pass("invalidated", dev);
    assertUsable(dev, context);
  }

  @Override
  public void pageResponse(IommuDevice dev, PageResponse response) {
    pass("response", dev);
    responses.add(response);
    log.add("response " + dev + " " + response.code());
  }

  @Override
  public void setPageRequestHandler(PageRequestHandler taker) {
    handler = taker;
  }

  @Override
  public void flushPageRequests(IommuDevice dev) {
    waitForHardware("flush", dev);
    log.add("flush " + dev);
    pri.flush();
  }

  @Override
  public boolean hasPageRequestsFor(IommuDevice dev, int pasid) {
    return babbling.contains(dev)
        || queued.stream().anyMatch(r -> r.device() == dev && r.pasid() == pasid);
  }

  @Override
  public void freed(long pa, int generation) {
    atcs.forEach(
        (device, atc) ->
            assertThat(atc)
                .as("%s can reach a freed frame", device)
                .noneMatch(entry -> entry.frame == pa));
  }

  private void waitForHardware(String operation, @Nullable IommuDevice device) {
    sched.assertMaySleep(operation);
    pass(operation, device);
  }

  private void pass(String operation, @Nullable IommuDevice device) {
    if (device != null) {
      during.accept(operation, device);
    }
    sched.execution().yieldPoint();
  }

  private void assertUsable(IommuDevice device, MmContext context) {
    assertThat(contexts).as("contexts not freed").contains((Context) context);
    assertThat(device.domain()).as("domain of %s", device).isNotNull();
  }

  private PageRequestHandler handler() {
    if (handler == null) {
      throw new AssertionError("nobody takes page requests");
    }
    return handler;
  }

  private Set<Cached> atc(IommuDevice device) {
    Set<Cached> atc = atcs.get(device);
    if (atc == null) {
      throw new AssertionError(device + " was not plugged in here");
    }
    return atc;
  }

  private static Cd existing(@Nullable Cd cd) {
    if (cd == null) {
      throw new AssertionError("there is no CD");
    }
    return cd;
  }

  private static Domain domain(IommuDevice device) {
    Domain domain = (Domain) device.domain();
    if (domain == null) {
      throw new AssertionError(device + " has no domain");
    }
    return domain;
  }

  /** The frame of a page, by a walk written for these tests; 0 if there is none. */
  private long walk(AddressSpace mm, long page) {
    try {
      long table = mm.pageTableRoot();
      for (int shift = 39; shift >= 12; shift -= 9) {
        long descriptor = memory.load64(table + ((page >>> shift) & 0x1ff) * 8);
        if ((descriptor & 1) == 0) {
          return 0;
        }
        table = descriptor & 0xffff_ffff_f000L;
      }
      return table;
    } catch (BusAbort e) {
      throw new AssertionError("the page table leads out of memory", e);
    }
  }
}

package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.FrameObserver;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.MmOperation;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WorkQueue;
import org.smmulator.guest.sva.FakeDomain.Cd;
import org.smmulator.guest.sva.FakeDomain.Context;

/**
 * An IOMMU, its driver and the devices behind it, as far as sharing address spaces can tell: CDs by
 * domain and PASID, and an ATC for each device. Every call checks that it is legal in the present
 * state, other tasks may run in the middle of each, and a frame that is freed while an ATC still
 * has it fails the test.
 */
final class FakeIommu implements IommuDriver, FrameObserver {
  final List<String> log = new ArrayList<>();

  /** Domains whose quiet CDs went, in order. */
  final List<Integer> cleared = new ArrayList<>();

  final List<PageResponse> responses = new ArrayList<>();
  final Set<Context> contexts = new HashSet<>();
  int contextsFreed;

  /** Called in the middle of an operation, named as in the log. */
  BiConsumer<String, IommuDevice> during = (operation, device) -> {};

  /** Called before and after an operation has its effect; what it throws, the operation throws. */
  interface Sabotage {
    void at(String operation, boolean after) throws IommuException;
  }

  /** What an operation does. */
  private interface Body<T> {
    T run() throws IommuException;
  }

  Sabotage sabotage = (operation, after) -> {};

  /** Checks that failed; the manager under test survives what a driver throws. */
  final List<AssertionError> broken = new ArrayList<>();

  final Set<MmOperation> operations = EnumSet.allOf(MmOperation.class);

  @Nullable Errno failAlloc;
  @Nullable Errno failAttach;

  /** Devices and PASIDs of which an attach threw, and whose detach may find nothing. */
  private final Set<String> attachesThatThrew = new HashSet<>();

  /** Devices that leave requests in the queue, whoever flushes. */
  final Set<IommuDevice> babbling = new HashSet<>();

  private final Sched sched;
  private final FakeDevices devices;
  private final WorkQueue pri;
  private final List<PageRequest> queued = new ArrayList<>();
  private @Nullable PageRequestHandler handler;

  FakeIommu(Sched sched, PhysicalMemory memory) {
    this.sched = sched;
    this.devices = new FakeDevices(memory);
    this.pri = sched.workQueue("pri");
  }

  IommuDevice plug(int streamId, FakeAts ats, @Nullable IommuDevice sharingWith) {
    return devices.plug(streamId, ats, sharingWith);
  }

  boolean access(IommuDevice device, int pasid, long va) {
    return devices.access(device, pasid, va);
  }

  boolean hasCd(IommuDevice device, int pasid) {
    return FakeDomain.of(device).cds.containsKey(pasid);
  }

  boolean hasLiveCd(IommuDevice device, int pasid) {
    Cd cd = FakeDomain.of(device).cds.get(pasid);
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
    devices.unplug(dev);
  }

  @Override
  public IommuDomain attachDefaultDomain(IommuDevice dev) {
    throw new AssertionError("tests plug devices in");
  }

  @Override
  public void block(IommuDomain domain) {
    operation(
        "block",
        () -> {
          pass("block", null);
          log.add("block");
          ((FakeDomain) domain).blocked = true;
          return true;
        });
  }

  @Override
  public int maxPasid(IommuDevice dev) {
    return operation("maxPasid", () -> (1 << dev.ats().pasidBits()) - 1);
  }

  @Override
  public Set<MmOperation> mmOperations() {
    return operations;
  }

  @Override
  public MmContext mmAlloc(IommuDomain domain, AddressSpace mm) throws IommuException {
    return refusable(
        "mmAlloc",
        () -> {
          sched.assertMaySleep("mmAlloc");
          if (failAlloc != null) {
            throw new IommuException(failAlloc, "as the test wants");
          }
          pass("alloc", null);
          Context context = new Context(mm);
          contexts.add(context);
          return context;
        });
  }

  @Override
  public void mmFree(MmContext context) {
    operation(
        "mmFree",
        () -> {
          log.add("free");
          assertThat(contexts.remove((Context) context)).as("freed once").isTrue();
          contextsFreed++;
          devices.assertNoCdNames(context);
          assertThatCode(() -> context.mm().asid()).doesNotThrowAnyException();
          return true;
        });
  }

  @Override
  public void mmAttach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, boolean attachDomain)
      throws IommuException {
    boolean attached = false;
    try {
      refusable(
          "mmAttach",
          () -> {
            waitForHardware("attach", dev);
            assertUsable(dev, context);
            if (failAttach != null) {
              throw new IommuException(failAttach, "as the test wants");
            }
            Map<Integer, Cd> cds = FakeDomain.of(dev).cds;
            assertThat(cds.containsKey(pasid))
                .as("CD of %d in %s", pasid, dev)
                .isEqualTo(!attachDomain);
            Cd cd = cds.computeIfAbsent(pasid, p -> new Cd((Context) context));
            assertThat(cd.context).isSameAs(context);
            assertThat(cd.quiet).isFalse();
            assertThat(cd.users.add(dev)).isTrue();
            log.add("attach " + dev + " " + attachDomain);
            // The CD is live from here on, and the device does not wait for anybody.
            during.accept("attached", dev);
            pass("attach", dev);
            return true;
          });
      attached = true;
    } finally {
      if (!attached) {
        attachesThatThrew.add(dev + "/" + pasid);
      }
    }
  }

  @Override
  public void mmDetach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, DetachMode mode) {
    operation(
        "mmDetach",
        () -> {
          waitForHardware("detach", dev);
          assertUsable(dev, context);
          Map<Integer, Cd> cds = FakeDomain.of(dev).cds;
          boolean attachThrew = attachesThatThrew.remove(dev + "/" + pasid);
          Cd cd = cds.get(pasid);
          if (attachThrew && (cd == null || !cd.users.contains(dev))) {
            log.add("detach " + dev + " of nothing");
            return true;
          }
          cd = existing(cd);
          assertThat(cd.context).isSameAs(context);
          assertThat(cd.users.remove(dev)).isTrue();
          log.add("detach " + dev + " " + mode);
          switch (mode) {
            case KEEP_CD -> assertThat(cd.quiet || !cd.users.isEmpty()).as("CD is needed").isTrue();
            case CLEAR -> {
              assertThat(FakeDomain.of(dev).blocked || cd.users.isEmpty())
                  .as("nobody uses the CD")
                  .isTrue();
              assertThat(cd.quiet).isFalse();
              cds.remove(pasid);
            }
            case QUIET -> {
              assertThat(cd.quiet).isFalse();
              cd.quiet = true;
            }
          }
          pass("detach", dev);
          devices.forget(dev, pasid, 0, 0);
          return true;
        });
  }

  @Override
  public void clearQuiet(IommuDomain domain, int pasid) {
    operation(
        "clearQuiet",
        () -> {
          waitForHardware("clearQuiet", null);
          Cd cd = existing(((FakeDomain) domain).cds.remove(pasid));
          assertThat(cd.quiet).isTrue();
          assertThat(cd.users).isEmpty();
          cleared.add(((FakeDomain) domain).number);
          log.add("clearQuiet " + pasid);
          return true;
        });
  }

  @Override
  public void mmInvalidate(
      List<BoundDevice> bound, int pasid, MmContext context, long start, long size) {
    operation(
        "mmInvalidate",
        () -> {
          for (BoundDevice each : bound) {
            invalidate(each.device(), pasid, context, start, size);
          }
          return true;
        });
  }

  private void invalidate(IommuDevice dev, int pasid, MmContext context, long start, long size) {
    assertUsable(dev, context);
    log.add("invalidate %s %x+%x".formatted(dev, start, size));
    pass("invalidate", dev);
    assertUsable(dev, context);
    devices.forget(dev, pasid, start, size);
    pass("invalidated", dev);
    assertUsable(dev, context);
  }

  @Override
  public void pageResponse(IommuDevice dev, PageResponse response) {
    operation(
        "pageResponse",
        () -> {
          pass("response", dev);
          responses.add(response);
          log.add("response " + dev + " " + response.code());
          return true;
        });
  }

  @Override
  public void setPageRequestHandler(PageRequestHandler taker) {
    handler = taker;
  }

  @Override
  public void flushPageRequests(IommuDevice dev) {
    operation(
        "flushPageRequests",
        () -> {
          waitForHardware("flush", dev);
          log.add("flush " + dev);
          pri.flush();
          return true;
        });
  }

  @Override
  public boolean hasPageRequestsFor(IommuDevice dev, int pasid) {
    return operation(
        "hasPageRequestsFor",
        () ->
            babbling.contains(dev)
                || queued.stream().anyMatch(r -> r.device() == dev && r.pasid() == pasid));
  }

  @Override
  public void freed(long pa, int generation) {
    try {
      devices.assertNoneReaches(pa);
    } catch (AssertionError e) {
      broken.add(e);
      throw e;
    }
  }

  private <T> T operation(String name, Body<T> body) {
    try {
      return refusable(name, body);
    } catch (IommuException e) {
      throw new AssertionError(e);
    }
  }

  private <T> T refusable(String name, Body<T> body) throws IommuException {
    sabotage.at(name, false);
    T result;
    try {
      result = body.run();
    } catch (AssertionError e) {
      broken.add(e);
      throw e;
    }
    sabotage.at(name, true);
    return result;
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

  private static Cd existing(@Nullable Cd cd) {
    if (cd == null) {
      throw new AssertionError("there is no CD");
    }
    return cd;
  }
}

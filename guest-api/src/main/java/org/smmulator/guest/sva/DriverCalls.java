package org.smmulator.guest.sva;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.counter.Tally;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.MmOperation;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.record.EventKind;

/**
 * The calls of this layer into the IOMMU's driver. A driver may throw anything, before or after it
 * has done what it was to do; here that becomes an answer, so that no state of this layer stays
 * half-way. If devices may have kept a translation, their domain is blocked before the call
 * returns; if even that fails, the address space gives no frame back any more.
 */
final class DriverCalls {
  private static final Logger log = LoggerFactory.getLogger(DriverCalls.class);

  private final Sched sched;
  private final IommuDriver driver;
  private final Tally<SvaCounter> counters;

  /** Tasks inside a call; none of them may come to wait for what it is itself in the middle of. */
  private final Set<Task> inside = ConcurrentHashMap.newKeySet();

  /** Domains whose devices reach nothing until they are detached. */
  private final Set<IommuDomain> blocked = ConcurrentHashMap.newKeySet();

  /** Operations of whose first failure the log tells; the others are counted. */
  private final Set<String> toldOf = ConcurrentHashMap.newKeySet();

  /** A call; some may be refused. */
  private interface Call<T> {
    T make() throws IommuException;
  }

  DriverCalls(Sched sched, IommuDriver driver, Tally<SvaCounter> counters) {
    this.sched = sched;
    this.driver = driver;
    this.counters = counters;
  }

  boolean isInside(Task task) {
    return inside.contains(task);
  }

  boolean isBlocked(IommuDomain domain) {
    return blocked.contains(domain);
  }

  /** A domain is gone, with its tables. */
  void forget(IommuDomain domain) {
    blocked.remove(domain);
  }

  /** The blocked domains. */
  Set<IommuDomain> blocked() {
    return Set.copyOf(blocked);
  }

  /** Operations that sharing an address space needs and the driver does not have. */
  Set<MmOperation> missing() throws IommuException {
    Set<MmOperation> missing = EnumSet.allOf(MmOperation.class);
    missing.removeAll(refusable("mmOperations", "SVA", driver::mmOperations));
    return missing;
  }

  int maxPasid(IommuDevice device) throws IommuException {
    return refusable("maxPasid", device, () -> driver.maxPasid(device));
  }

  /** Why a device may send no page requests; null if it may. */
  @Nullable String pageRequestRefusal(IommuDevice device) throws IommuException {
    return refusable(
            "pageRequestRefusal",
            device,
            () -> Optional.ofNullable(driver.pageRequestRefusal(device)))
        .orElse(null);
  }

  MmContext alloc(SvaDevice device, AddressSpace mm) throws IommuException {
    return refusable("mmAlloc", device, () -> driver.mmAlloc(device.domain(), mm));
  }

  void free(AddressSpace mm, MmContext context) {
    succeeds("mmFree", mm, () -> driver.mmFree(context));
  }

  /** Of what an attach that throws has done, {@link #detach} takes everything away. */
  void attach(Bond bond, boolean attachDomain) throws IommuException {
    refusable(
        "mmAttach",
        bond,
        () -> {
          driver.mmAttach(
              bond.domain(), bond.iommuDevice(), bond.pasid(), bond.ioMm().context(), attachDomain);
          return true;
        });
  }

  /** Whether the driver detached; if not, nobody knows what became of the CD. */
  boolean detach(Bond bond, DetachMode mode) {
    boolean detached =
        succeeds(
            "mmDetach",
            bond,
            () ->
                driver.mmDetach(
                    bond.domain(), bond.iommuDevice(), bond.pasid(), bond.ioMm().context(), mode));
    if (!detached) {
      contain(bond);
    }
    return detached;
  }

  /** Whether there is no quiet CD any more. */
  boolean clearQuiet(IommuDomain domain, int pasid) {
    return !isBlocked(domain)
        && succeeds("clearQuiet", "PASID " + pasid, () -> driver.clearQuiet(domain, pasid));
  }

  /** All devices of an address space at once; if that fails, each alone, to find out for which. */
  void invalidate(IoMm ioMm, Bond[] bonds, long start, long size) {
    List<Bond> reached = Arrays.stream(bonds).filter(bond -> !isBlocked(bond.domain())).toList();
    if (reached.isEmpty() || invalidated(ioMm, ioMm, reached, start, size)) {
      return;
    }
    for (Bond bond : reached) {
      if (reached.size() == 1 || !invalidated(bond, ioMm, List.of(bond), start, size)) {
        contain(bond);
      }
    }
  }

  private boolean invalidated(Object subject, IoMm ioMm, List<Bond> bonds, long start, long size) {
    List<BoundDevice> devices = bonds.stream().map(Bond::boundDevice).toList();
    return succeeds(
        "mmInvalidate",
        subject,
        () -> driver.mmInvalidate(devices, ioMm.pasid(), ioMm.context(), start, size));
  }

  /** Devices of the bond's domain may use translations that they should have lost. */
  private void contain(Bond bond) {
    IommuDomain domain = bond.domain();
    if (isBlocked(domain)) {
      return;
    }
    if (succeeds("block", bond.iommuDevice(), () -> driver.block(domain))) {
      blocked.add(domain);
      log.warn("{} is blocked until it is detached", bond.iommuDevice());
    } else {
      bond.ioMm().mm().retainFrames();
    }
  }

  void respond(IommuDevice device, PageResponse response) {
    succeeds("pageResponse", device, () -> driver.pageResponse(device, response));
  }

  void flushPageRequests(IommuDevice device) {
    succeeds("flushPageRequests", device, () -> driver.flushPageRequests(device));
  }

  /** Whether there may be a request; there may if the driver cannot say. */
  boolean mayHavePageRequests(IommuDevice device, int pasid) {
    boolean[] none = {false};
    succeeds(
        "hasPageRequestsFor", device, () -> none[0] = !driver.hasPageRequestsFor(device, pasid));
    return !none[0];
  }

  private boolean succeeds(String operation, Object subject, Runnable call) {
    try {
      refusable(
          operation,
          subject,
          () -> {
            call.run();
            return true;
          });
      return true;
    } catch (IommuException failed) {
      return false;
    }
  }

  private <T> T refusable(String operation, Object subject, Call<T> call) throws IommuException {
    Task me = sched.current();
    boolean outermost = inside.add(me);
    long outer = begins(operation, subject);
    try {
      return Objects.requireNonNull(call.make(), "it returned null");
    } catch (IommuException refused) {
      throw refused;
    } catch (Throwable thrown) {
      sched.throwIfEnding();
      counters.count(SvaCounter.DRIVER_FAILURES);
      if (toldOf.add(operation)) {
        log.error("{}: the IOMMU driver's {} failed", subject, operation, thrown);
      }
      String sentence =
          "%s: the IOMMU driver's %s failed: %s".formatted(subject, operation, thrown);
      sched.kernelFailed(sentence);
      throw new IommuException(Errno.EIO, sentence, thrown);
    } finally {
      if (outer != Sched.NOT_BEGUN) {
        sched.end(EventKind.DRIVER_ENDS, outer, sched.name(operation), 0);
      }
      if (outermost) {
        inside.remove(me);
      }
    }
  }

  private long begins(String operation, Object subject) {
    return sched.records(EventKind.DRIVER_BEGINS)
        ? sched.begin(
            EventKind.DRIVER_BEGINS, sched.name(operation), sched.name(subject.toString()), 0, 0)
        : Sched.NOT_BEGUN;
  }
}

package org.smmulator.guest.sva;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.FaultAccess;
import org.smmulator.guest.mm.FaultOutcome;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.WorkQueue;

/**
 * Page faults of one device: requests gather until the last one of their group, then a worker makes
 * the pages present and answers the group once. A request belongs to the bond that its PASID named
 * when it was taken, so it is never resolved in an address space that got the PASID later.
 */
final class FaultQueue {
  private static final Logger log = LoggerFactory.getLogger(FaultQueue.class);

  /** A device that keeps its allocation never has so many; what exceeds it is asked for again. */
  private static final int MAX_PARTIALS = 1024;

  /** With the event of its request, for the story. */
  private record Fault(Bond bond, PageRequest request, long cause) {}

  private final SvaTables tables;
  private final IommuDevice iommuDevice;
  private final WorkQueue worker;

  @Guarded(by = "SvaTables.lock")
  private final List<Fault> partials = new ArrayList<>();

  FaultQueue(SvaTables tables, IommuDevice iommuDevice) {
    this.tables = tables;
    this.iommuDevice = iommuDevice;
    this.worker =
        tables.sched().workQueue(LockOrder.PAGE_FAULTS, "page faults of " + iommuDevice.name());
  }

  void takeLocked(Bond bond, PageRequest request) {
    if (request.last()) {
      queueGroupLocked(new Fault(bond, request, tables.sched().cause()));
    } else if (partials.size() < MAX_PARTIALS) {
      partials.add(new Fault(bond, request, tables.sched().cause()));
      tables.pasidsLocked().named(bond.pasid(), PasidUse.PARTIAL_FAULT);
    }
  }

  private void queueGroupLocked(Fault last) {
    List<Fault> group = new ArrayList<>();
    for (Fault partial : partials) {
      if (partial.request.group() == last.request.group() && partial.bond == last.bond) {
        group.add(partial);
      }
    }
    group.add(last);
    // Those of another bond are void: a device has one group of an index at a time.
    discardLocked(partial -> partial.request.group() == last.request.group());
    tables.pasidsLocked().named(last.bond.pasid(), PasidUse.FAULT_GROUP);
    worker.queue(() -> answer(group, last));
  }

  void discardPartialsLocked() {
    discardLocked(partial -> true);
  }

  void discardPartialsLocked(Bond bond) {
    discardLocked(partial -> partial.bond == bond);
  }

  private void discardLocked(Predicate<Fault> discarded) {
    for (Fault partial : partials) {
      if (discarded.test(partial)) {
        tables.pasidsLocked().unnamed(partial.bond.pasid(), PasidUse.PARTIAL_FAULT);
      }
    }
    partials.removeIf(discarded);
  }

  /** Waits until every group taken before has been answered. */
  void flush() {
    worker.flush();
  }

  void close() {
    worker.close();
  }

  private void answer(List<Fault> group, Fault last) {
    ResponseCode code = ResponseCode.SUCCESS;
    for (Fault fault : group) {
      // An error decides the whole group: the device retries or fails all of it.
      if (code == ResponseCode.SUCCESS) {
        tables.sched().causedBy(fault.cause);
        code = handle(fault);
      }
    }
    tables.sched().causedBy(last.cause);
    PageRequest request = last.request;
    tables.driver().respond(iommuDevice, new PageResponse(request.pasid(), request.group(), code));
    tables.counters().count(SvaCounter.GROUPS_ANSWERED);
    boolean handled = code == ResponseCode.SUCCESS;
    tables
        .counters()
        .add(
            handled ? SvaCounter.PAGE_FAULTS_HANDLED : SvaCounter.PAGE_FAULTS_REFUSED,
            group.size());
    tables.lock().lock();
    try {
      tables.pasidsLocked().unnamed(last.bond.pasid(), PasidUse.FAULT_GROUP);
    } finally {
      tables.lock().unlock();
    }
  }

  private ResponseCode handle(Fault fault) {
    AddressSpace mm = fault.bond.ioMm().mm();
    if (!mm.getUserNotZero()) {
      return ResponseCode.INVALID;
    }
    try {
      PageRequest request = fault.request;
      FaultAccess access = new FaultAccess(request.read(), request.write(), request.exec());
      return mm.handleFault(request.address(), access, true) == FaultOutcome.HANDLED
          ? ResponseCode.SUCCESS
          : ResponseCode.INVALID;
    } catch (RuntimeException | Error e) {
      // Whatever failed, the device waits for an answer, and an unbind for this worker.
      tables.sched().throwIfEnding();
      log.error("{}: a page fault failed", iommuDevice, e);
      return ResponseCode.INVALID;
    } finally {
      // The last user ends the address space, which waits for this very worker.
      mm.putUserAsync();
    }
  }
}

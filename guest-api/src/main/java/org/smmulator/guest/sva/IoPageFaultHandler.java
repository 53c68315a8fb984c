package org.smmulator.guest.sva;

import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;

/**
 * Takes page requests from the IOMMU's driver and gives each to its device's fault queue, or
 * refuses it at once. Runs on the driver's task, which must not wait for a page fault.
 */
final class IoPageFaultHandler implements PageRequestHandler {
  private final SvaTables tables;

  IoPageFaultHandler(SvaTables tables) {
    this.tables = tables;
  }

  @Override
  public void pageRequest(PageRequest request) {
    ResponseCode refusal;
    tables.lock().lock();
    try {
      refusal = takeLocked(request);
    } finally {
      tables.lock().unlock();
    }
    if (refusal == null) {
      return;
    }
    tables.counters().count(SvaCounter.PAGE_FAULTS_REFUSED);
    if (request.last()) {
      tables.counters().count(SvaCounter.GROUPS_ANSWERED);
      tables
          .driver()
          .respond(request.device(), new PageResponse(request.pasid(), request.group(), refusal));
    }
  }

  /** The reason for a refusal; null if the request was taken. */
  private @Nullable ResponseCode takeLocked(PageRequest request) {
    SvaDevice device = tables.devicesLocked().get(request.device());
    FaultQueue faults = device == null ? null : device.faults();
    if (device == null || faults == null) {
      return ResponseCode.FAILURE;
    }
    Bond bond = device.bondLocked(request.pasid());
    if (bond == null) {
      return ResponseCode.INVALID;
    }
    faults.takeLocked(bond, request);
    return null;
  }

  @Override
  public void discardPartials() {
    tables.lock().lock();
    try {
      for (SvaDevice device : tables.devicesLocked().values()) {
        FaultQueue faults = device.faults();
        if (faults != null) {
          faults.discardPartialsLocked();
        }
      }
    } finally {
      tables.lock().unlock();
    }
  }
}

package org.smmulator.guest.iommu.smmuv3;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageRequestHandler;
import org.smmulator.guest.sched.Sched;
import org.smmulator.record.EventKind;

/**
 * Who is given page requests, by the PRI queue and, of stalls, by the event queue. One that throws
 * must not cost all devices their page requests.
 */
final class PageRequestTaker {
  private static final Logger log = LoggerFactory.getLogger(PageRequestTaker.class);

  private final Sched sched;
  private volatile @Nullable PageRequestHandler handler;

  PageRequestTaker(Sched sched) {
    this.sched = sched;
  }

  void handler(PageRequestHandler next) {
    handler = next;
  }

  boolean isThere() {
    return handler != null;
  }

  /**
   * Gives it a request, which from then on is why the task does what it does; false if it failed.
   */
  boolean take(PageRequest request) {
    PageRequestHandler taker = handler;
    if (taker == null) {
      return false;
    }
    if (sched.records(EventKind.PAGE_REQUEST_TAKEN)) {
      int name = sched.name(request.device().name());
      sched.causedBy(
          sched.record(
              EventKind.PAGE_REQUEST_TAKEN,
              name,
              request.pasid(),
              request.address(),
              request.group()));
    }
    return does(() -> taker.pageRequest(request));
  }

  /** As {@link PageRequestHandler#discardPartials}, if it is there. */
  void discardPartials() {
    PageRequestHandler taker = handler;
    if (taker != null) {
      does(taker::discardPartials);
    }
  }

  private boolean does(Runnable call) {
    try {
      call.run();
      return true;
    } catch (RuntimeException | Error e) {
      sched.throwIfEnding();
      log.error("the taker of page requests failed", e);
      return false;
    }
  }
}

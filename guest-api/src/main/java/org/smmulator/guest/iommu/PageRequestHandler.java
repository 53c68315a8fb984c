package org.smmulator.guest.iommu;

/**
 * Takes page requests from the driver; called by the task of the PRI queue, one at a time, and for
 * stalls by that of the event queue.
 */
public interface PageRequestHandler {
  /**
   * Takes one request, whose record is already consumed. It must not wait for anything that these
   * tasks have to do.
   */
  void pageRequest(PageRequest request);

  /**
   * The hardware's queue overflowed and answered lost groups itself: requests taken so far whose
   * group has no last one are void.
   */
  void discardPartials();
}

package org.smmulator.guest.iommu;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.mm.AddressSpace;

/**
 * The operations of an IOMMU's driver. Attaching and detaching one device, and changes of one
 * PASID, are serialised by the caller; everything else may run at any time.
 *
 * <p>Those that share address spaces are optional, as members of Linux's {@code iommu_ops} may be
 * NULL: a driver that has them overrides them and says so in {@link #mmOperations}.
 *
 * <p>An {@link IommuException} refuses an operation. Whatever else an operation throws is a bug of
 * the driver, and the caller cannot know how far it came; what the caller does then is written at
 * each. No operation calls back into whoever calls it, but for handing over page requests.
 */
public interface IommuDriver {
  /**
   * Attaches a device to its default domain and enables PASID, ATS and PRI as far as device and
   * IOMMU have them. May sleep.
   *
   * @throws IommuException EBUSY if the device or its stream is attached, EINVAL for a stream ID
   *     beyond the IOMMU's, ENOMEM without memory for the tables
   */
  IommuDomain attachDefaultDomain(IommuDevice dev) throws IommuException;

  /**
   * Detaches a device: its ATS is off, every access of it aborts, nothing of it is cached, and its
   * domain is freed. Does nothing for a device that is not attached. May sleep.
   */
  void detachDevice(IommuDevice dev);

  /**
   * Lets every access of a domain's devices abort, until they are detached and attached again; on
   * return nothing that they cached is of use to them. The last resort of a caller whom another
   * operation has failed. Does nothing for a domain that is blocked or gone. Runs in atomic context
   * and may wait for the hardware; if it throws, the domain's memory is never used again.
   */
  void block(IommuDomain domain);

  /** Highest PASID that the device may use, inclusive; 0 without PASID support. */
  int maxPasid(IommuDevice dev);

  /**
   * Why an attached device may send no page requests, as the end of a sentence; null if it may, as
   * far as the IOMMU is concerned, or if its faults stall instead.
   */
  default @Nullable String pageRequestRefusal(IommuDevice dev) {
    return null;
  }

  /**
   * Which of the following {@code mm} operations the driver has; none unless overridden. Without
   * all of them no address space can be shared.
   */
  default Set<MmOperation> mmOperations() {
    return Set.of();
  }

  /** Prepares sharing an address space; no device sees it yet. May sleep. */
  default MmContext mmAlloc(IommuDomain domain, AddressSpace mm) throws IommuException {
    throw MmOperation.MM_ALLOC.missing();
  }

  /**
   * Ends what {@link #mmAlloc} began; no CD names the context, or its domain is blocked. May sleep.
   */
  default void mmFree(MmContext context) {
    throw MmOperation.MM_FREE.missing();
  }

  /**
   * Makes an address space reachable through a PASID. May sleep. If it throws, {@link #mmDetach} is
   * called to undo whatever of it took effect.
   *
   * @param attachDomain whether the domain's CD has to be installed: this is its first device
   */
  default void mmAttach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, boolean attachDomain)
      throws IommuException {
    throw MmOperation.MM_ATTACH.missing();
  }

  /**
   * Ends a device's use of a PASID and drops what it cached; also after an {@link #mmAttach} that
   * threw, of which nothing may have taken effect. May sleep. If it throws, the domain is blocked.
   */
  default void mmDetach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, DetachMode mode) {
    throw MmOperation.MM_DETACH.missing();
  }

  /**
   * Clears the CD that {@link DetachMode#QUIET} left, if there is one: a part of detaching. May
   * sleep. If it throws, the PASID stays out of use until the device is reset or detached.
   */
  default void clearQuiet(IommuDomain domain, int pasid) {
    throw MmOperation.MM_DETACH.missing();
  }

  /**
   * Drops translations of {@code [start, start + size)} from the TLB and from the ATCs of all these
   * devices; complete on return. Runs in atomic context, as page-table locks may be held: waits for
   * the hardware without sleeping. If it throws, it is called for each device alone, and the
   * domains of those for which it throws again are blocked.
   *
   * @param devices one at least
   * @param size in bytes; 0 means everything
   */
  default void mmInvalidate(
      List<BoundDevice> devices, int pasid, MmContext context, long start, long size) {
    throw MmOperation.MM_INVALIDATE.missing();
  }

  /** Answers a page request group. Runs in atomic context. */
  void pageResponse(IommuDevice dev, PageResponse response);

  /** Names the one taker of page requests. Without it requests are answered with FAILURE. */
  void setPageRequestHandler(PageRequestHandler handler);

  /**
   * Waits until every request, or stall, that is now in a queue was handed to the handler. May
   * sleep; the caller holds no lock that the handler takes.
   */
  void flushPageRequests(IommuDevice dev);

  /** Whether a queue holds a request, or a stall, of the device for the PASID. */
  boolean hasPageRequestsFor(IommuDevice dev, int pasid);
}

package org.smmulator.guest.iommu;

import org.jspecify.annotations.Nullable;
import org.smmulator.guest.mm.AddressSpace;

/**
 * The operations of an IOMMU's driver. Attaching and detaching one device, and changes of one
 * PASID, are serialised by the caller; everything else may run at any time.
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

  /** Highest PASID that the device may use, inclusive; 0 without PASID support. */
  int maxPasid(IommuDevice dev);

  /**
   * Why an attached device may send no page requests, as the end of a sentence; null if it may, as
   * far as the IOMMU is concerned.
   */
  default @Nullable String pageRequestRefusal(IommuDevice dev) {
    return null;
  }

  /** Prepares sharing an address space; no device sees it yet. May sleep. */
  MmContext mmAlloc(IommuDomain domain, AddressSpace mm) throws IommuException;

  /** Ends what {@link #mmAlloc} began; every CD that named the context is cleared before. */
  void mmFree(MmContext context);

  /**
   * Makes an address space reachable through a PASID. Runs in atomic context.
   *
   * @param attachDomain whether the domain's CD has to be installed: this is its first device
   */
  void mmAttach(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, boolean attachDomain)
      throws IommuException;

  /** Ends a device's use of a PASID and drops what it cached. Runs in atomic context. */
  void mmDetach(IommuDomain domain, IommuDevice dev, int pasid, MmContext context, DetachMode mode);

  /** Clears the CD that {@link DetachMode#QUIET} left. */
  void clearQuiet(IommuDomain domain, int pasid);

  /**
   * Drops translations of {@code [start, start + size)} from TLB and ATC; complete on return. Runs
   * in atomic context.
   *
   * @param size in bytes; 0 means everything
   */
  void mmInvalidate(
      IommuDomain domain, IommuDevice dev, int pasid, MmContext context, long start, long size);

  /** Answers a page request group. Runs in atomic context. */
  void pageResponse(IommuDevice dev, PageResponse response);

  /** Names the one taker of page requests. Without it requests are answered with FAILURE. */
  void setPageRequestHandler(PageRequestHandler handler);

  /**
   * Waits until every request that is now in the PRI queue was handed to the handler. May sleep;
   * the caller holds no lock that the handler takes.
   */
  void flushPageRequests(IommuDevice dev);

  /** Whether the PRI queue holds a request of the device for the PASID. */
  boolean hasPageRequestsFor(IommuDevice dev, int pasid);
}

package org.smmulator.guest.iommu;

/** The operations of an {@link IommuDriver} that share address spaces; each is optional. */
public enum MmOperation {
  MM_ALLOC("mmAlloc"),
  MM_FREE("mmFree"),
  MM_ATTACH("mmAttach"),
  /** With {@code clearQuiet}, its second half. */
  MM_DETACH("mmDetach"),
  MM_INVALIDATE("mmInvalidate");

  private final String method;

  MmOperation(String method) {
    this.method = method;
  }

  UnsupportedOperationException missing() {
    return new UnsupportedOperationException("the IOMMU's driver has no " + method);
  }

  /** The method's name. */
  @Override
  public String toString() {
    return method;
  }
}

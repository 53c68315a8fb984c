package org.smmulator.guest.sva;

import org.smmulator.guest.iommu.DeviceAts;

/** The capabilities of a device that is only named in these tests. */
record FakeAts(int pasidBits, boolean hasPri) implements DeviceAts {
  @Override
  public boolean hasAts() {
    return true;
  }

  @Override
  public int invalidateQueueDepth() {
    return 32;
  }

  @Override
  public int priCapacity() {
    return 16;
  }

  @Override
  public void enablePasid() {}

  @Override
  public void disablePasid() {}

  @Override
  public void enableAts(int stu) {}

  @Override
  public void disableAts() {}

  @Override
  public void enablePri(int outstandingRequests) {}

  @Override
  public void disablePri() {}

  @Override
  public boolean isGone() {
    return false;
  }
}

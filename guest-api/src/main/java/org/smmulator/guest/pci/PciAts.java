package org.smmulator.guest.pci;

import org.smmulator.guest.iommu.DeviceAts;

/**
 * The PASID, ATS and PRI capabilities of one function (PCIe base specification 7.8.9, 10.5). PASID
 * is enabled before ATS and disabled after it.
 */
final class PciAts implements DeviceAts {
  private static final int ATS_ID = 0x0f;
  private static final int ATS_CAPABILITY = 4;
  private static final int ATS_CONTROL = 6;
  private static final int ATS_ENABLE = 1 << 15;

  private static final int PRI_ID = 0x13;
  private static final int PRI_CONTROL = 4;
  private static final int PRI_CAPACITY = 8;
  private static final int PRI_ALLOCATION = 0xc;
  private static final int PRI_ENABLE = 1;
  private static final int PRI_RESET = 2;

  private static final int PASID_ID = 0x1b;
  private static final int PASID_CAPABILITY = 4;
  private static final int PASID_CONTROL = 6;
  private static final int PASID_ENABLE = 1;

  private final ConfigSpace config;
  private final int ats;
  private final int pri;
  private final int pasid;
  private final int pasidBits;
  private final int queueDepth;
  private final int priCapacity;
  private volatile boolean gone;

  PciAts(ConfigSpace config) {
    this.config = config;
    this.ats = config.findExtendedCapability(ATS_ID);
    this.pri = config.findExtendedCapability(PRI_ID);
    this.pasid = config.findExtendedCapability(PASID_ID);
    this.pasidBits =
        pasid == 0 ? 0 : Math.min(20, config.read16(pasid + PASID_CAPABILITY) >>> 8 & 0x1f);
    int depth = ats == 0 ? 0 : config.read16(ats + ATS_CAPABILITY) & 0x1f;
    this.queueDepth = depth == 0 ? 32 : depth;
    this.priCapacity = pri == 0 ? 0 : config.read32(pri + PRI_CAPACITY);
  }

  /** From here on nothing reads or writes the function's configuration space. */
  void markGone() {
    gone = true;
  }

  @Override
  public int pasidBits() {
    return pasidBits;
  }

  @Override
  public boolean hasAts() {
    return ats != 0;
  }

  @Override
  public int invalidateQueueDepth() {
    return queueDepth;
  }

  @Override
  public boolean hasPri() {
    return pri != 0;
  }

  @Override
  public int priCapacity() {
    return priCapacity;
  }

  @Override
  public void enablePasid() {
    config.write16(pasid + PASID_CONTROL, PASID_ENABLE);
  }

  @Override
  public void disablePasid() {
    config.write16(pasid + PASID_CONTROL, 0);
  }

  @Override
  public void enableAts(int stu) {
    config.write16(ats + ATS_CONTROL, ATS_ENABLE | stu);
  }

  @Override
  public void disableAts() {
    config.write16(ats + ATS_CONTROL, 0);
  }

  @Override
  public void enablePri(int outstandingRequests) {
    config.write16(pri + PRI_CONTROL, PRI_RESET);
    config.write32(pri + PRI_ALLOCATION, outstandingRequests);
    config.write16(pri + PRI_CONTROL, PRI_ENABLE);
  }

  @Override
  public void disablePri() {
    config.write16(pri + PRI_CONTROL, 0);
  }

  @Override
  public boolean isGone() {
    return gone;
  }
}

package org.smmulator.guest.iommu.smmuv3;

import java.util.List;
import org.smmulator.guest.iommu.DeviceAts;

/** A device's capabilities; accesses of its configuration space go into the journal. */
final class FakeAts implements DeviceAts {
  int pasidBits = 20;
  boolean hasAts = true;
  boolean hasPri = true;
  int priCapacity = 4;
  boolean gone;

  private final List<String> journal;

  FakeAts(List<String> journal) {
    this.journal = journal;
  }

  @Override
  public int pasidBits() {
    return pasidBits;
  }

  @Override
  public boolean hasAts() {
    return hasAts;
  }

  @Override
  public int invalidateQueueDepth() {
    return 32;
  }

  @Override
  public boolean hasPri() {
    return hasPri;
  }

  @Override
  public int priCapacity() {
    return priCapacity;
  }

  @Override
  public void enablePasid() {
    journal.add("device: PASID on");
  }

  @Override
  public void disablePasid() {
    journal.add("device: PASID off");
  }

  @Override
  public void enableAts(int stu) {
    journal.add("device: ATS on, stu=" + stu);
  }

  @Override
  public void disableAts() {
    journal.add("device: ATS off");
  }

  @Override
  public void enablePri(int outstandingRequests) {
    journal.add("device: PRI on, " + outstandingRequests);
  }

  @Override
  public void disablePri() {
    journal.add("device: PRI off");
  }

  @Override
  public boolean isGone() {
    return gone;
  }
}

package org.smmulator.guest.iommu.smmuv3;

import java.util.List;
import org.smmulator.guest.iommu.DeviceAts;

/** A device's capabilities; accesses of its configuration space go into the journal. */
final class JournalledAts implements DeviceAts {
  int pasidBits = 20;
  boolean hasAts = true;
  boolean hasPri = true;
  int priCapacity = 4;
  boolean gone;

  /** How many accesses of configuration space go well; the next one throws. */
  int accessesLeft = Integer.MAX_VALUE;

  private final List<String> journal;

  JournalledAts(List<String> journal) {
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
    access("device: PASID on");
  }

  @Override
  public void disablePasid() {
    access("device: PASID off");
  }

  @Override
  public void enableAts(int stu) {
    access("device: ATS on, stu=" + stu);
  }

  @Override
  public void disableAts() {
    access("device: ATS off");
  }

  @Override
  public void enablePri(int outstandingRequests) {
    access("device: PRI on, " + outstandingRequests);
  }

  @Override
  public void disablePri() {
    access("device: PRI off");
  }

  private void access(String line) {
    if (accessesLeft-- == 0) {
      throw new AssertionError("a bug in the access of configuration space");
    }
    journal.add(line);
  }

  @Override
  public boolean isGone() {
    return gone;
  }
}

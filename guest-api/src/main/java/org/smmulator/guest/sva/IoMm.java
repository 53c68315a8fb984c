package org.smmulator.guest.sva;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.MmuNotifier;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.Kref;

/**
 * One address space under one PASID, at most one that can be grabbed per address space: Linux's
 * {@code io_mm}. Each bond holds a reference; the notifier's registration holds none, so a callback
 * may come to one that nobody refers to any more: it is freed a grace period later. It keeps the
 * structure of its address space, never the memory.
 *
 * <p>Nothing of it that others read without the sva lock is written after it was made, but for its
 * bonds, and they are volatile: whoever comes to see it, through the notifiers or through the
 * tables, sees it complete. Whether it may be used the reference count says, by itself.
 */
final class IoMm implements MmuNotifier {
  private static final Bond[] NONE = {};

  private final SvaTables tables;
  private final Consumer<IoMm> onRelease;
  private final AddressSpace mm;
  private final MmContext context;
  private final int pasid;
  private final Kref references;

  /** Written under the sva lock, never changed in place: callbacks walk it without. */
  private volatile Bond[] bonds = NONE;

  @Guarded(by = "SvaTables.lock")
  private boolean changing;

  /** Domains whose CD for this PASID is quiet. */
  @Guarded(by = "SvaTables.lock")
  private final Set<IommuDomain> quiet = new LinkedHashSet<>();

  private volatile boolean freed;

  IoMm(SvaTables tables, AddressSpace mm, MmContext context, int pasid, Consumer<IoMm> onRelease) {
    this.tables = tables;
    this.mm = mm;
    this.context = context;
    this.pasid = pasid;
    this.onRelease = onRelease;
    this.references = new Kref(tables.sched());
  }

  AddressSpace mm() {
    return mm;
  }

  MmContext context() {
    return context;
  }

  Kref references() {
    return references;
  }

  int pasid() {
    return pasid;
  }

  @Override
  public void release(AddressSpace dying) {
    assertNotFreed();
    onRelease.accept(this);
    assertNotFreed();
  }

  @Override
  public boolean clearFlushYoung(AddressSpace changed, long start, long end) {
    invalidate(start, end);
    // No device access is known of; the next one has to walk and sets the flag again.
    return false;
  }

  @Override
  public void changePte(AddressSpace changed, long address) {
    long page = address & -Descriptor.PAGE_BYTES;
    invalidate(page, page + Descriptor.PAGE_BYTES);
  }

  @Override
  public void invalidateRange(AddressSpace changed, long start, long end) {
    invalidate(start, end);
  }

  private void invalidate(long start, long end) {
    assertNotFreed();
    if (start == end) {
      return; // To the driver a size of 0 means everything.
    }
    int section = tables.bondReaders().readLock();
    try {
      tables.driver().invalidate(this, bonds, start, end - start);
    } finally {
      tables.bondReaders().readUnlock(section);
    }
    assertNotFreed();
  }

  void markFreed() {
    assertNotFreed();
    freed = true;
  }

  private void assertNotFreed() {
    if (freed) {
      throw new IllegalStateException("io_mm of PASID " + pasid + " is used after it was freed");
    }
  }

  Bond[] bondsLocked() {
    return bonds;
  }

  void listLocked(Bond bond) {
    Bond[] longer = Arrays.copyOf(bonds, bonds.length + 1);
    longer[bonds.length] = bond;
    bonds = longer;
  }

  void unlistLocked(Bond bond) {
    bonds = Arrays.stream(bonds).filter(b -> b != bond).toArray(Bond[]::new);
  }

  /** A bond of the state, or null. */
  @Nullable Bond anyLocked(BondState state) {
    for (Bond bond : bonds) {
      if (bond.stateLocked() == state) {
        return bond;
      }
    }
    return null;
  }

  /** Whether another device of the bond's domain is listed. */
  boolean sharesDomainLocked(Bond bond) {
    for (Bond other : bonds) {
      if (other != bond && other.domain().equals(bond.domain())) {
        return true;
      }
    }
    return false;
  }

  /**
   * One attach or detach at a time, since each decides from the others whether a domain's CD comes
   * or goes. A state and no lock: hardware is waited for in it.
   */
  boolean isChangingLocked() {
    return changing;
  }

  void setChangingLocked(boolean now) {
    changing = now;
  }

  Set<IommuDomain> quietLocked() {
    return quiet;
  }

  @Override
  public String toString() {
    return "io_mm of " + mm + " with PASID " + pasid;
  }
}

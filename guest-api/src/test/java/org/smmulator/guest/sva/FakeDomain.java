package org.smmulator.guest.sva;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;

/** A domain of the fake IOMMU: its PASID table, and whether all its devices are cut off. */
final class FakeDomain implements IommuDomain {
  /** The stream of its first device. */
  final int number;

  record Context(AddressSpace mm) implements MmContext {
    @Override
    public int asid() {
      return mm.asid();
    }

    // Two contexts of one address space are two.
    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  FakeDomain(int number) {
    this.number = number;
  }

  static final class Cd {
    final Context context;
    final Set<IommuDevice> users = new HashSet<>();
    boolean quiet;

    Cd(Context context) {
      this.context = context;
    }
  }

  final Map<Integer, Cd> cds = new HashMap<>();
  boolean blocked;

  static FakeDomain of(IommuDevice device) {
    FakeDomain domain = (FakeDomain) device.domain();
    if (domain == null) {
      throw new AssertionError(device + " has no domain");
    }
    return domain;
  }

  @Override
  public long map(long pa, long bytes, DmaDirection direction) {
    throw new AssertionError("not part of sharing address spaces");
  }

  @Override
  public void unmap(long iova, long bytes) {
    throw new AssertionError("not part of sharing address spaces");
  }

  @Override
  public long mapMsiDoorbell() {
    throw new AssertionError("not part of sharing address spaces");
  }
}

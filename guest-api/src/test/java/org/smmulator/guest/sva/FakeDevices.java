package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sva.FakeDomain.Cd;

/** The devices behind the fake IOMMU, each with its ATC. */
final class FakeDevices {
  private static final long PAGE = 4096;
  private static final long ACCESS_FLAG = 1 << 10;

  /**
   * What a device was granted; the generation of a frame is not needed: freed is caught at once.
   */
  private record Cached(int pasid, long page, long frame) {}

  private final PhysicalMemory memory;
  private final Map<IommuDevice, Set<Cached>> atcs = new LinkedHashMap<>();

  FakeDevices(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** Attaches a device to a domain of its own, or to that of another device. */
  IommuDevice plug(int streamId, FakeAts ats, @Nullable IommuDevice sharingWith) {
    IommuDevice device = new IommuDevice(streamId, "dev" + streamId, ats);
    device.setDomain(
        sharingWith == null ? new FakeDomain(device.streamId()) : sharingWith.domain());
    atcs.put(device, new HashSet<>());
    return device;
  }

  void unplug(IommuDevice device) {
    FakeDomain.of(device).cds.clear();
    atc(device).clear();
    device.setDomain(null);
  }

  /**
   * The device accesses a page: through its ATC, or by a walk that fills it.
   *
   * @return whether the access reached memory
   */
  boolean access(IommuDevice device, int pasid, long va) {
    FakeDomain domain = FakeDomain.of(device);
    if (domain.blocked) {
      return false;
    }
    Set<Cached> atc = atc(device);
    long page = va & -PAGE;
    if (atc.stream().anyMatch(entry -> entry.pasid == pasid && entry.page == page)) {
      return true;
    }
    Cd cd = domain.cds.get(pasid);
    if (cd == null || cd.quiet) {
      return false;
    }
    long frame = walk(cd.context.mm(), page);
    if (frame == 0) {
      return false;
    }
    atc.add(new Cached(pasid, page, frame));
    return true;
  }

  /** Drops what the device has of a PASID in a range; size 0 is everything. */
  void forget(IommuDevice device, int pasid, long start, long size) {
    atc(device)
        .removeIf(
            entry ->
                entry.pasid == pasid
                    && (size == 0 || (entry.page >= start && entry.page < start + size)));
  }

  void assertNoneReaches(long pa) {
    atcs.forEach(
        (device, atc) ->
            assertThat(atc)
                .as("%s can reach a freed frame", device)
                .noneMatch(entry -> entry.frame == pa && !FakeDomain.of(device).blocked));
  }

  void assertNoCdNames(MmContext context) {
    for (IommuDevice device : atcs.keySet()) {
      if (device.domain() != null && !FakeDomain.of(device).blocked) {
        assertThat(FakeDomain.of(device).cds.values())
            .as("live CDs of a freed context")
            .noneMatch(cd -> cd.context == context && !cd.quiet);
      }
    }
  }

  private Set<Cached> atc(IommuDevice device) {
    Set<Cached> atc = atcs.get(device);
    if (atc == null) {
      throw new AssertionError(device + " was not plugged in here");
    }
    return atc;
  }

  /**
   * The frame of a page, by a walk written for these tests, which sets the access flag; 0 if there
   * is none.
   */
  private long walk(AddressSpace mm, long page) {
    try {
      long table = mm.pageTableRoot();
      for (int shift = 39; shift >= 12; shift -= 9) {
        long slot = table + ((page >>> shift) & 0x1ff) * 8;
        long descriptor = memory.load64(slot);
        if ((descriptor & 1) == 0) {
          return 0;
        }
        if (shift == 12) {
          memory.store64(slot, descriptor | ACCESS_FLAG);
        }
        table = descriptor & 0xffff_ffff_f000L;
      }
      return table;
    } catch (BusAbort e) {
      throw new AssertionError("the page table leads out of memory", e);
    }
  }
}

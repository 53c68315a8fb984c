package org.smmulator.guest.pci.dma;

import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.mm.OutOfMemory;
import org.smmulator.guest.pci.PciDevice;

/** Memory for the rings of one device: contiguous frames, mapped in its default domain. */
record DmaRings(
    PhysicalMemory memory, FrameAllocator frames, IommuDomain domain, PciDevice device) {
  private static final int RING_LOG2 = 6;

  DmaRing allocate() throws IommuException {
    long descriptorBytes = DmaRing.descriptorBytes(RING_LOG2);
    long completionBytes = DmaRing.completionBytes(RING_LOG2);
    long descriptors = 0;
    long completions = 0;
    long descriptorsIova = 0;
    boolean allocated = false;
    try {
      descriptors = frames.allocateContiguous(descriptorBytes);
      completions = frames.allocateContiguous(completionBytes);
      descriptorsIova = domain.map(descriptors, descriptorBytes, DmaDirection.TO_DEVICE);
      long completionsIova = domain.map(completions, completionBytes, DmaDirection.BIDIRECTIONAL);
      allocated = true;
      return new DmaRing(
          memory, RING_LOG2, descriptors, descriptorsIova, completions, completionsIova);
    } catch (OutOfMemory e) {
      throw new IommuException(Errno.ENOMEM, device + ": no memory for a ring", e);
    } finally {
      if (!allocated) {
        if (descriptorsIova != 0) {
          domain.unmap(descriptorsIova, descriptorBytes);
        }
        if (descriptors != 0) {
          frames.freeContiguous(descriptors, descriptorBytes);
        }
        if (completions != 0) {
          frames.freeContiguous(completions, completionBytes);
        }
      }
    }
  }

  void free(DmaRing ring) {
    long descriptorBytes = DmaRing.descriptorBytes(RING_LOG2);
    long completionBytes = DmaRing.completionBytes(RING_LOG2);
    domain.unmap(ring.descriptorsIova(), descriptorBytes);
    domain.unmap(ring.completionsIova(), completionBytes);
    frames.freeContiguous(ring.descriptors(), descriptorBytes);
    frames.freeContiguous(ring.completions(), completionBytes);
  }
}

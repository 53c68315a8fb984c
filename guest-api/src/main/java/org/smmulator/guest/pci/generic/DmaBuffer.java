package org.smmulator.guest.pci.generic;

import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.LinearMap;
import org.smmulator.guest.mm.OutOfMemory;
import org.smmulator.guest.pci.PciDriver;

/**
 * Memory that a program and the device it has open share: contiguous, zeroed at first, mapped in
 * the device's default domain, as {@code dma_alloc_coherent} gives. It belongs to the open device,
 * not to the process's address space, and is gone with it: then, and once it is closed, an access
 * of the program throws {@link IllegalStateException}, while the device's are refused by the SMMU.
 */
public final class DmaBuffer implements AutoCloseable {
  private final GenericDevice device;
  private final LinearMap memory;
  private final long pa;
  private final long iova;
  private final long bytes;

  private DmaBuffer(GenericDevice device, LinearMap memory, long pa, long iova, long bytes) {
    this.device = device;
    this.memory = memory;
    this.pa = pa;
    this.iova = iova;
    this.bytes = bytes;
  }

  static DmaBuffer allocate(
      GenericDevice device,
      PciDriver.Kernel kernel,
      IommuDomain domain,
      long bytes,
      DmaDirection direction)
      throws IommuException {
    long pa;
    try {
      pa = kernel.frames().allocateContiguous(bytes);
    } catch (OutOfMemory none) {
      throw IommuException.of(none);
    }
    boolean mapped = false;
    try {
      long iova = domain.map(pa, bytes, direction);
      mapped = true;
      return new DmaBuffer(device, kernel.frames().memory(), pa, iova, bytes);
    } finally {
      if (!mapped) {
        kernel.frames().freeContiguous(pa, bytes);
      }
    }
  }

  void free(PciDriver.Kernel kernel, IommuDomain domain) {
    domain.unmap(iova, bytes);
    kernel.frames().freeContiguous(pa, bytes);
  }

  /** The address of the first byte for the device's accesses without PASID. */
  public long iova() {
    return iova;
  }

  /** How long it is. */
  public long bytes() {
    return bytes;
  }

  /**
   * Reads 8 bytes, little-endian and at once; what the device wrote before them is seen after.
   *
   * @param offset from the beginning, a multiple of 8
   * @throws IndexOutOfBoundsException if they are not all inside
   */
  public long load64(long offset) {
    check(offset, Long.BYTES, Long.BYTES);
    long[] value = new long[1];
    device.access(this, () -> value[0] = memory.load(pa + offset));
    return value[0];
  }

  /** Writes 8 bytes; what was written before is seen before. Otherwise as {@link #load64}. */
  public void store64(long offset, long value) {
    check(offset, Long.BYTES, Long.BYTES);
    device.access(this, () -> memory.store(pa + offset, value));
  }

  /**
   * Reads bytes.
   *
   * @param offset from the beginning
   * @throws IndexOutOfBoundsException if they are not all inside
   */
  public void read(long offset, byte[] target) {
    check(offset, target.length, 1);
    device.access(this, () -> memory.read(pa + offset, target, 0, target.length));
  }

  /** Writes bytes; otherwise as {@link #read}. */
  public void write(long offset, byte[] source) {
    check(offset, source.length, 1);
    device.access(this, () -> memory.write(pa + offset, source, 0, source.length));
  }

  /** Frees it: on return no access of the device reaches it. A second call has no effect. */
  @Override
  public void close() {
    device.sched().throwIfKilled();
    if (device.enter()) {
      try {
        device.free(this);
      } finally {
        device.leave();
      }
    }
  }

  private void check(long offset, int length, int alignment) {
    if (offset < 0 || offset > bytes - length || offset % alignment != 0) {
      throw new IndexOutOfBoundsException(
          "%d bytes at 0x%x of a buffer of 0x%x bytes".formatted(length, offset, bytes));
    }
  }
}

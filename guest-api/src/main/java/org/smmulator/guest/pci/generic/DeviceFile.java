package org.smmulator.guest.pci.generic;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.pci.PciDevice;

/**
 * A function that a process has open, to be driven by its programs: registers, interrupts, memory
 * of its own, and the process's memory through a PASID. Any program of the process may use it. Its
 * process's end closes it, after the memory is gone: first the device stops and is unbound, then
 * the function is reset, if it can be, and its buffers are freed.
 *
 * <p>Once the function is unplugged, or the kernel has taken it back, registers read as all ones,
 * writes do nothing, and other calls throw {@link IommuException} with ENODEV. Calls after {@link
 * #close} are mistakes of the program: {@link IllegalStateException}.
 */
public final class DeviceFile implements AutoCloseable {
  private final GenericDevice device;
  private final AddressSpace mm;
  private volatile boolean closed;

  DeviceFile(GenericDevice device, AddressSpace mm) {
    this.device = device;
    this.mm = mm;
  }

  /** The function's place on the bus. */
  public PciAddress address() {
    return device.device().address();
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return closed;
  }

  /** Whether the function is unplugged, or the kernel has taken it back. */
  public boolean isGone() {
    return !closed && !device.isOpen();
  }

  /** How large a BAR is; 0 if the function has none of that number, 0 to 5. */
  public long barBytes(int bar) {
    return device.device().barBytes(bar);
  }

  /**
   * Reads a register. The function's MSI-X table and pending bits are the kernel's: they read as
   * all ones, and writes to them do nothing, as VFIO has it.
   *
   * @param bar 0 to 5
   * @param offset from the beginning of the BAR, a multiple of the size
   * @param sizeBytes 1, 2, 4 or 8
   * @return the value in the low bits, and zeroes
   * @throws IllegalArgumentException if that is not inside the BAR
   */
  public long read(int bar, long offset, int sizeBytes) {
    PciDevice registers = reachable(bar, offset, sizeBytes);
    if (registers == null) {
      return -1L >>> (Long.SIZE - Byte.SIZE * sizeBytes);
    }
    try {
      return registers.read(bar, offset, sizeBytes);
    } finally {
      device.leave();
    }
  }

  /**
   * Writes a register. Writes of one program arrive in their order, and before its later reads of
   * the same function are answered. Otherwise as {@link #read}.
   */
  public void write(int bar, long offset, int sizeBytes, long value) {
    PciDevice registers = reachable(bar, offset, sizeBytes);
    if (registers == null) {
      return;
    }
    try {
      registers.write(bar, offset, sizeBytes, value);
    } finally {
      device.leave();
    }
  }

  /** As {@link #read} of 4 bytes. */
  public int read32(int bar, long offset) {
    return (int) read(bar, offset, Integer.BYTES);
  }

  /** As {@link #write} of 4 bytes. */
  public void write32(int bar, long offset, int value) {
    write(bar, offset, Integer.BYTES, Integer.toUnsignedLong(value));
  }

  /** As {@link #read} of 8 bytes. */
  public long read64(int bar, long offset) {
    return read(bar, offset, Long.BYTES);
  }

  /** As {@link #write} of 8 bytes. */
  public void write64(int bar, long offset, long value) {
    write(bar, offset, Long.BYTES, value);
  }

  /**
   * Lets the function reach all of the process's memory with a PASID, until the file is closed; a
   * second call changes nothing. The function's accesses fault, and are refused, as the process's
   * own; a fault of a function without page requests is refused at once.
   *
   * @return the PASID, 1 to 2^20 - 1, which the program has to tell the function
   * @throws IommuException EINVAL if the function has no PASIDs, or no function level reset; ENODEV
   *     if it is gone, or the kernel has no MMU notifiers; ESRCH if the process is dying; ENOSPC
   *     without a free PASID
   */
  public int bindSva() throws IommuException {
    return ifOpen(() -> device.bind(mm));
  }

  /**
   * Memory for the function's accesses without PASID, until it or the file is closed.
   *
   * @param bytes 1 or more
   * @throws IommuException ENOMEM without so many contiguous bytes, ENOSPC without addresses,
   *     ENODEV if the function is gone
   */
  public DmaBuffer allocate(long bytes, DmaDirection direction) throws IommuException {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a buffer of " + bytes + " bytes");
    }
    return ifOpen(() -> device.allocate(bytes, direction));
  }

  /** How many interrupt vectors can be waited for: MSI-X, at most 64 of them, or 1 with MSI. */
  public int vectors() {
    return device.interrupts().vectors();
  }

  /**
   * Waits for an interrupt. Of those that came since the last time, or since the function was
   * opened, none is lost. Interrupts of others are counted too where numbers are shared: a program
   * looks at what its device says.
   *
   * @param vector 0 to {@link #vectors} - 1
   * @param deadlineNanos of the kernel's clock; {@link Long#MAX_VALUE} is none
   * @return how many there were; 0 if the deadline passed
   * @throws IommuException ENODEV if the function goes while nothing has come
   */
  public long awaitInterrupt(int vector, long deadlineNanos) throws IommuException {
    if (vector < 0 || vector >= vectors()) {
      throw new IllegalArgumentException(
          "%s has interrupt vectors 0 to %d, not %d".formatted(address(), vectors() - 1, vector));
    }
    requireNotClosed();
    long count = device.interrupts().await(vector, device::isOpen, deadlineNanos);
    if (count == 0 && !device.isOpen()) {
      throw device.gone();
    }
    return count;
  }

  /**
   * Gives the function back: it stops, is unbound, is reset if it can be, and its buffers are
   * freed; on return others can open it. A second call has no effect. May sleep.
   */
  @Override
  public void close() {
    device.sched().throwIfKilled();
    release();
  }

  /** As {@link #close}, by the kernel at the end of the process. */
  public void release() {
    closed = true;
    device.close();
  }

  private interface Call<T> {
    T make() throws IommuException;
  }

  private <T> T ifOpen(Call<T> call) throws IommuException {
    requireNotClosed();
    if (!device.enter()) {
      throw device.gone();
    }
    try {
      return call.make();
    } finally {
      device.leave();
    }
  }

  /** The function, which is not taken away until it is left; null if it is gone. */
  private @Nullable PciDevice reachable(int bar, long offset, int sizeBytes) {
    if (Integer.bitCount(sizeBytes) != 1
        || sizeBytes > Long.BYTES
        || bar < 0
        || bar > 5
        || offset < 0
        || offset > barBytes(bar) - sizeBytes
        || offset % sizeBytes != 0) {
      throw new IllegalArgumentException(
          "%s has no register of %d bytes at 0x%x of BAR %d"
              .formatted(address(), sizeBytes, offset, bar));
    }
    requireNotClosed();
    PciDevice registers = device.device();
    if (registers.msix().overlaps(bar, offset, sizeBytes) || !device.enter()) {
      return null;
    }
    return registers;
  }

  private void requireNotClosed() {
    device.sched().throwIfKilled();
    if (closed) {
      throw new IllegalStateException(address() + " was closed by the program");
    }
  }
}
